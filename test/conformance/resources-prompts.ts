import { completable, ResourceTemplate, type McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { PIXEL } from './content-tools.ts';

export function addResources(server: McpServer): void {
  const about = (description: string, mimeType: string) => ({ description, mimeType });
  server.registerResource('static-text', 'test://static-text', about('A text that never changes', 'text/plain'), (uri) => ({
    contents: [{ uri: uri.href, mimeType: 'text/plain', text: 'This is the content of the static text resource.' }],
  }));
  server.registerResource('static-binary', 'test://static-binary', about('One red pixel', 'image/png'), (uri) => ({
    contents: [{ uri: uri.href, mimeType: 'image/png', blob: PIXEL }],
  }));
  server.registerResource('watched', 'test://watched-resource', about('A text to subscribe to', 'text/plain'), (uri) => ({
    contents: [{ uri: uri.href, mimeType: 'text/plain', text: 'Watched' }],
  }));
  const template = new ResourceTemplate('test://template/{id}/data', { list: undefined });
  server.registerResource('template', template, about('Data by id', 'application/json'), (uri, { id }) => ({
    contents: [{ uri: uri.href, mimeType: 'application/json', text: JSON.stringify({ id, templateTest: true, data: `Data for ID: ${String(id)}` }) }],
  }));
}

/** The SDK has no handler of its own for subscriptions; what it answers is all that the suite looks at. */
export function addSubscriptions(server: McpServer): void {
  const watched = new Set<string>();
  server.server.setRequestHandler('resources/subscribe', (request) => {
    watched.add(request.params.uri);
    return {};
  });
  server.server.setRequestHandler('resources/unsubscribe', (request) => {
    watched.delete(request.params.uri);
    return {};
  });
}

const userText = (text: string) => ({ role: 'user' as const, content: { type: 'text' as const, text } });

export function addPrompts(server: McpServer): void {
  server.registerPrompt('test_simple_prompt', { description: 'A prompt without arguments' }, () => ({
    messages: [userText('This is a simple prompt for testing.')],
  }));
  const cities = ['paris', 'park', 'party', 'testValue1'];
  const argsSchema = z.object({ arg1: completable(z.string(), (value) => cities.filter((city) => city.startsWith(value))), arg2: z.string() });
  server.registerPrompt('test_prompt_with_arguments', { description: 'A prompt with two arguments', argsSchema }, ({ arg1, arg2 }) => ({
    messages: [userText(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`)],
  }));
  const embedded = { description: 'A prompt with an embedded resource', argsSchema: z.object({ resourceUri: z.string() }) };
  server.registerPrompt('test_prompt_with_embedded_resource', embedded, ({ resourceUri }) => ({
    messages: [
      { role: 'user', content: { type: 'resource', resource: { uri: resourceUri, mimeType: 'text/plain', text: 'Embedded resource content for testing.' } } },
      userText('Please process the embedded resource above.'),
    ],
  }));
  server.registerPrompt('test_prompt_with_image', { description: 'A prompt with an image' }, () => ({
    messages: [{ role: 'user', content: { type: 'image', data: PIXEL, mimeType: 'image/png' } }, userText('Please analyze the image above.')],
  }));
}
