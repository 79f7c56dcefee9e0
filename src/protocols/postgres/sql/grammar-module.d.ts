/** The WebAssembly module itself, which the package's own entry hides: every call of the factory makes an instance with a memory of its own. */
declare module 'libpg-query/wasm/libpg-query.js' {
  export interface GrammarInstance {
    readonly HEAPU8: Uint8Array;
    _malloc(bytes: number): number;
    _free(pointer: number): void;
    _wasm_parse_query_raw(text: number): number;
    _wasm_free_parse_result(result: number): void;
    _wasm_parse_plpgsql(text: number): number;
    _wasm_free_string(pointer: number): void;
    getValue(pointer: number, type: 'i32'): number;
    UTF8ToString(pointer: number): string;
  }
  const createInstance: () => Promise<GrammarInstance>;
  export default createInstance;
}
