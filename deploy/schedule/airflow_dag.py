"""An Airflow DAG (2.4 or later) that requantizes every night: copy it into the DAGs folder and adapt the paths.

The decisions are told apart by their exit status: published is success, unchanged skips the task and what follows it, blocked fails
at once (to run again would not help), and a failed run, or a store that another run uses, is tried again.
"""

import pendulum
from airflow import DAG
from airflow.exceptions import AirflowFailException
from airflow.operators.bash import BashOperator
from airflow.operators.python import PythonOperator

COMMAND = "/opt/calibeam/deploy/calibeam requantize --job /data/calibeam/job.json"
UNCHANGED = 3
BLOCKED = 4

# 4 must not be retried, which BashOperator cannot be told: the next task fails for good instead.
with DAG(
    dag_id="calibeam_nightly",
    schedule="30 2 * * *",
    start_date=pendulum.datetime(2026, 1, 1, tz="UTC"),
    catchup=False,
    max_active_runs=1,
) as dag:

    def judge(ti):
        status = int(ti.xcom_pull(task_ids="requantize"))
        if status == BLOCKED:
            raise AirflowFailException("The new model was blocked; decision.json and report.html of the run say why.")

    requantize = BashOperator(
        task_id="requantize",
        # The last line of the output is what the next task gets.
        bash_command=f'{COMMAND}; status=$?; echo "$status"; [ "$status" -eq {BLOCKED} ] && exit 0; exit "$status"',
        skip_on_exit_code=UNCHANGED,
        retries=2,
        retry_delay=pendulum.duration(minutes=15),
    )
    requantize >> PythonOperator(task_id="judge", python_callable=judge)
