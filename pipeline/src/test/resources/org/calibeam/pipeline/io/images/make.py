"""Writes the images beside it and, in expected.npz, what torchvision makes of them, with Pillow 13.0.0, torch 2.15.0 and torchvision 0.29.2."""

import pathlib

import numpy as np
from PIL import Image
from torchvision import transforms

HERE = pathlib.Path(__file__).parent
PLAIN = transforms.Compose([transforms.ToTensor()])
IMAGENET = transforms.Compose(
    [
        transforms.Resize(40),
        transforms.CenterCrop(33),
        transforms.ToTensor(),
        transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
    ]
)
STRETCHED = transforms.Compose([transforms.Resize((20, 90)), transforms.ToTensor()])


def scene(width, height):
    y, x = np.mgrid[0:height, 0:width]
    wave = [np.sin(x / 7 + c) * np.cos(y / (5 + c)) * 90 + 128 + 30 * ((x // 16 + y // 16) % 2) for c in range(3)]
    return Image.fromarray(np.clip(np.stack(wave, -1), 0, 255).astype(np.uint8))


def main():
    big, wide = scene(97, 61), scene(30, 75)
    big.save(HERE / "rgb.png")
    wide.save(HERE / "tall.png")
    big.convert("L").save(HERE / "grey.png")
    big.convert("1").save(HERE / "black.png")
    big.convert("LA").save(HERE / "greyalpha.png")
    big.convert("P", palette=Image.ADAPTIVE).save(HERE / "palette.png")
    clear = big.convert("RGBA")
    clear.putalpha(wide.convert("L").resize(big.size))
    clear.save(HERE / "alpha.png")
    big.save(HERE / "photo.jpg", quality=90)
    big.convert("L").save(HERE / "grey.jpg", quality=90)
    big.save(HERE / "full.jpg", quality=90, subsampling=0)
    expected = {}
    for path in sorted([*HERE.glob("*.png"), *HERE.glob("*.jpg")]):
        image = Image.open(path).convert("RGB")
        for name, recipe in (("plain", PLAIN), ("imagenet", IMAGENET), ("stretched", STRETCHED)):
            expected[f"{path.name}/{name}"] = recipe(image).numpy()
    np.savez_compressed(HERE / "expected.npz", **expected)


if __name__ == "__main__":
    main()
