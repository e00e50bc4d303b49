// Window and inversion, the same for every view, relative to the window each image starts with.

export class Tone {
  constructor() {
    this.reset();
  }

  reset() {
    this.width = 1;
    this.centre = 0.5;
    this.inverted = false;
  }

  widen(factor) {
    this.width = Math.min(4, Math.max(0.01, this.width * factor));
  }

  shift(part) {
    this.centre = Math.min(1.5, Math.max(-0.5, this.centre + part * this.width));
  }

  /** Grey levels of the stored values 0 ... size - 1, for an image whose own window is low ... high. */
  table(low, high, size) {
    const range = (high - low) * this.width;
    const start = low + (high - low) * this.centre - range / 2;
    const table = new Uint8ClampedArray(size);
    for (let value = 0; value < size; value++) {
      const grey = ((value - start) / range) * 255;
      table[value] = this.inverted ? 255 - grey : grey;
    }
    return table;
  }
}
