/** Larger pictures are drawn smaller than they are: nobody sees the difference, and a canvas takes four bytes a pixel. */
const MOST_PIXELS = 1600;

const hue = (number) => (number * 137.5 + 210) % 360;
const line = (number) => `hsl(${hue(number)} 95% 60%)`;
const fillColor = (number) => `hsl(${hue(number)} 75% 27%)`;

/** What stands on the picture and in the table: "dog 87 %". */
export const percent = (score) => `${Math.round(score * 100)} %`;

function path(context, points) {
  context.beginPath();
  points.forEach(([x, y], index) => (index === 0 ? context.moveTo(x, y) : context.lineTo(x, y)));
  context.closePath();
}

function cornersOf(detection) {
  if (detection.corners) return detection.corners;
  const [x1, y1, x2, y2] = detection.box;
  return [
    [x1, y1],
    [x2, y1],
    [x2, y2],
    [x1, y2],
  ];
}

/** The runs of a mask as a picture of one colour. */
function maskImage({size: [height, width], runs}, number) {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d");
  context.fillStyle = line(number);
  let at = 0;
  runs.forEach((length, index) => {
    for (let left = index % 2 === 1 ? length : 0, from = at; left > 0; ) {
      const x = from % width,
        count = Math.min(left, width - x);
      context.fillRect(x, Math.floor(from / width), count, 1);
      from += count;
      left -= count;
    }
    at += length;
  });
  return canvas;
}

/** A photograph on a canvas, and what was seen on it. */
export class Picture {
  constructor(canvas, bitmap) {
    this.canvas = canvas;
    this.bitmap = bitmap;
    this.scale = Math.min(1, MOST_PIXELS / Math.max(bitmap.width, bitmap.height));
    canvas.width = Math.max(1, Math.round(bitmap.width * this.scale));
    canvas.height = Math.max(1, Math.round(bitmap.height * this.scale));
    this.draw([], null);
  }

  /** `chosen` is drawn alone above the others, which fade. */
  draw(detections, chosen) {
    const context = this.canvas.getContext("2d");
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.globalAlpha = 1;
    context.drawImage(this.bitmap, 0, 0, this.canvas.width, this.canvas.height);
    context.setTransform(this.scale, 0, 0, this.scale, 0, 0);
    const unit = Math.max(this.bitmap.width, this.bitmap.height) / 1000;
    // The best lies on top.
    const order = [...detections].reverse().sort((a, b) => Number(a === chosen) - Number(b === chosen));
    for (const detection of order) {
      context.globalAlpha = chosen === null || detection === chosen ? 1 : 0.25;
      this.drawOne(context, detection, unit);
    }
    context.globalAlpha = 1;
  }

  drawOne(context, detection, unit) {
    const opacity = context.globalAlpha;
    if (detection.mask) {
      detection.image ??= maskImage(detection.mask, detection.class);
      context.globalAlpha = opacity * 0.45;
      context.drawImage(detection.image, 0, 0, this.bitmap.width, this.bitmap.height);
      context.globalAlpha = opacity;
    }
    const corners = cornersOf(detection);
    path(context, corners);
    context.lineJoin = "round";
    context.lineWidth = 5.5 * unit;
    context.strokeStyle = "rgb(0 0 0 / 55%)";
    context.stroke();
    context.lineWidth = 3 * unit;
    context.strokeStyle = line(detection.class);
    context.stroke();
    for (const [x, y, confidence] of detection.keypoints ?? []) {
      if (confidence < 0.5) continue;
      context.beginPath();
      context.arc(x, y, 4.5 * unit, 0, 2 * Math.PI);
      context.fillStyle = line(detection.class);
      context.fill();
      context.lineWidth = 1.2 * unit;
      context.strokeStyle = "black";
      context.stroke();
    }
    this.label(context, `${detection.name} ${percent(detection.score)}`, corners, detection.class, unit);
  }

  label(context, text, corners, number, unit) {
    const height = 24 * unit;
    context.font = `600 ${17 * unit}px system-ui, sans-serif`;
    context.textBaseline = "middle";
    const width = context.measureText(text).width + 12 * unit;
    const top = Math.min(...corners.map((corner) => corner[1]));
    const left = Math.max(
      0,
      Math.min(Math.min(...corners.map((corner) => corner[0])) - 1.5 * unit, this.bitmap.width - width),
    );
    // Above the box, or within it where the picture ends.
    const y = top >= height ? top - height : Math.max(0, top);
    context.fillStyle = fillColor(number);
    context.fillRect(left, y, width, height);
    context.fillStyle = "white";
    context.fillText(text, left + 6 * unit, y + height / 2);
  }
}
