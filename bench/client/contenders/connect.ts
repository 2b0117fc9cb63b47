import { create, createFileRegistry, type DescMethodUnary } from '@bufbuild/protobuf';
import {
  FileDescriptorProtoSchema,
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
} from '@bufbuild/protobuf/wkt';
import { createConnectTransport } from '@connectrpc/connect-node';
import { posted } from '../bodies.ts';
import { type Contender, originOf } from '../contender.ts';

/** connect-node, unary, JSON. */
export const connect: Contender = (target) => {
  const { exchange, protocol } = target.scenario;
  const httpVersion = protocol === 'http2-tls' ? '2' : '1.1';
  const transport = createConnectTransport({ httpVersion, baseUrl: originOf(target), useBinaryFormat: false });
  const method = bench.method[exchange] as DescMethodUnary;
  const input = exchange === 'post' ? posted : {};
  return async () => (await transport.unary(method, undefined, undefined, undefined, input)).message;
};

// The service that a .proto file and its compiler would give.
const field = (name: string, number: number, type: Type, more: { label?: Label; typeName?: string } = {}) => ({
  name,
  number,
  type,
  label: Label.OPTIONAL,
  jsonName: name,
  ...more,
});

const rpc = (name: string) => ({ name, inputType: '.bench.Input', outputType: '.bench.Output' });

const file = create(FileDescriptorProtoSchema, {
  name: 'bench.proto',
  package: 'bench',
  syntax: 'proto3',
  messageType: [
    { name: 'Input', field: [field('text', 1, Type.STRING)] },
    {
      name: 'Item',
      field: [
        field('id', 1, Type.INT32),
        field('name', 2, Type.STRING),
        field('note', 3, Type.STRING),
        field('isNew', 4, Type.BOOL),
      ],
    },
    {
      name: 'Output',
      field: [
        field('message', 1, Type.STRING),
        field('items', 2, Type.MESSAGE, { label: Label.REPEATED, typeName: '.bench.Item' }),
      ],
    },
  ],
  service: [{ name: 'Bench', method: [rpc('Small'), rpc('Large'), rpc('Post')] }],
});

const service = createFileRegistry(file, () => undefined).getService('bench.Bench');
if (!service) throw new Error('the descriptor has no service');
const bench = service;
