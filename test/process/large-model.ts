/** Writes an ONNX model that is large and does little: what it weighs in memory can be seen. */
import { writeFileSync } from "node:fs";

/** A protobuf message, field by field. */
class Message {
  readonly #parts: Uint8Array[] = [];

  number(field: number, value: number): this {
    this.#parts.push(varint(field << 3), varint(value));
    return this;
  }

  bytes(field: number, value: Uint8Array | string | Message): this {
    const data = value instanceof Message ? value.encode() : Buffer.from(value as string);
    this.#parts.push(varint((field << 3) | 2), varint(data.length), data);
    return this;
  }

  encode(): Uint8Array {
    return Buffer.concat(this.#parts);
  }
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Uint8Array.from([...bytes, rest]);
    bytes.push((rest % 128) | 128);
  }
}

const float = 1;

function weights(name: string, rows: number, columns: number, value: number): Message {
  const data = new Float32Array(rows * columns).fill(value);
  return new Message()
    .number(1, rows)
    .number(1, columns)
    .number(2, float)
    .bytes(8, name)
    .bytes(9, new Uint8Array(data.buffer));
}

/** A tensor [rows of a batch, width]. */
function tensor(name: string, width: number): Message {
  const batch = new Message().bytes(2, "N");
  const shape = new Message().bytes(1, batch).bytes(1, new Message().number(1, width));
  const type = new Message().bytes(1, new Message().number(1, float).bytes(2, shape));
  return new Message().bytes(1, name).bytes(2, type);
}

function product(a: string, b: string, c: string): Message {
  return new Message().bytes(1, a).bytes(1, b).bytes(2, c).bytes(4, "MatMul");
}

/** image [N, 64] -> 64 x `width` weights -> `width` x 2 weights -> logits [N, 2]. */
export function writeLargeModel(path: string, width: number): void {
  const graph = new Message()
    .bytes(1, product("image", "wide", "between"))
    .bytes(1, product("between", "narrow", "logits"))
    .bytes(2, "large")
    .bytes(5, weights("wide", 64, width, 0.5))
    .bytes(5, weights("narrow", width, 2, 0.25))
    .bytes(11, tensor("image", 64))
    .bytes(12, tensor("logits", 2));
  const opset = new Message().number(2, 17);
  writeFileSync(path, new Message().number(1, 8).bytes(7, graph).bytes(8, opset).encode());
}
