import { BinaryReader } from '@bufbuild/protobuf/wire';
import type { Server } from '@grpc/grpc-js';
import { ReflectionService } from '@grpc/reflection';
import { descriptorSetBase64 } from '@winnow/contracts';

type PackageDefinition = ConstructorParameters<typeof ReflectionService>[0];

/** `google.protobuf.FileDescriptorSet` has one field: the files, repeated. */
const FILE_FIELD = 1;

/** Splits a serialized FileDescriptorSet into its files, each serialized. */
export function splitDescriptorSet(bytes: Uint8Array): Buffer[] {
  const reader = new BinaryReader(bytes);
  const files: Buffer[] = [];
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (field === FILE_FIELD) files.push(Buffer.from(reader.bytes()));
    else reader.skip(wireType);
  }
  return files;
}

/** What `WINNOW_REFLECTION` says; without it, production keeps its contracts to itself. */
export function isReflectedByDefault(environment: Readonly<Record<string, string | undefined>>): boolean {
  const chosen = environment['WINNOW_REFLECTION'];
  return chosen ? chosen === 'on' : environment['NODE_ENV'] !== 'production';
}

/** Serves grpc.reflection v1 and v1alpha for the named services. */
export function addReflection(server: Server, services: readonly string[]): void {
  const fileDescriptorProtos = splitDescriptorSet(Buffer.from(descriptorSetBase64, 'base64'));
  // The service reads nothing of a package definition but the files.
  const definition = { winnow: { fileDescriptorProtos } } as unknown as PackageDefinition;
  new ReflectionService(definition, { services: [...services] }).addToServer(server);
}
