# Calibeam on Flink 1.19, for job manager, task managers and the pod that submits jobs: deploy/kubernetes uses it for all three.
# libtorch lies in Flink's lib/, where it is loaded once per process; the launcher uploads the rest with each job.
FROM eclipse-temurin:17-jdk AS build
WORKDIR /opt/calibeam
COPY . .
# Once plainly, then once for each of Beam's modules for s3://, gs:// and hdfs://.
RUN for profile in "" -Ps3 -Pgs -Phdfs; do \
      ./mvnw -q -B package $profile -Dmaven.test.skip=true -Dspotless.check.skip=true || exit 1; \
    done \
 && mkdir -p /opt/jars \
 && for list in classpath classpath-flink classpath-s3 classpath-gs classpath-hdfs; do \
      (cat pipeline/target/$list; echo) | tr ":" "\n" | while read -r jar; do cp "$jar" /opt/jars/; echo "/opt/calibeam/jars/$(basename "$jar")"; done \
        | paste -sd: > /opt/$list; \
    done

FROM flink:1.19.0-java17
COPY --from=build /opt/jars /opt/calibeam/jars
COPY --from=build /opt/calibeam/deploy/calibeam /opt/calibeam/deploy/c2.json /opt/calibeam/deploy/
COPY --from=build /opt/calibeam/pipeline/target/calibeam-pipeline-*.jar /opt/calibeam/pipeline/target/
COPY --from=build /opt/classpath* /opt/calibeam/pipeline/target/
RUN ln -s /opt/calibeam/jars/javacpp-*.jar /opt/calibeam/jars/openblas-*.jar /opt/calibeam/jars/pytorch-*.jar /opt/flink/lib/ \
 && touch /opt/calibeam/pipeline/target/classes.jsa \
 && ln -s /opt/calibeam/deploy/calibeam /usr/local/bin/calibeam
# The launcher finds nothing newer than what was built, so it builds nothing.
