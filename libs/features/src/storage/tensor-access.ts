import type { TensorData, TensorFile } from '@winnow/domain';

/** The named tensor's values; throws a RangeError that names what the file lacks. */
export function tensorOf<A extends TensorData>(
  file: TensorFile,
  name: string,
  type: new (length: number) => A,
): A {
  const tensor = file.tensors[name];
  if (!tensor) throw new RangeError(`tensor ${name} is missing`);
  if (!(tensor.data instanceof type)) throw new RangeError(`tensor ${name} is not a ${type.name}`);
  return tensor.data;
}

/** The named metadata entry, parsed; throws a RangeError when it is missing. */
export function metadataOf<T>(file: TensorFile, name: string): T {
  const json = file.metadata[name];
  if (json === undefined) throw new RangeError(`metadata ${name} is missing`);
  return JSON.parse(json) as T;
}
