/**
 * Lint: the firmware dialect (rules of our own, tools/lint) where code runs on a board, and typescript-eslint's typed
 * rules everywhere. A warning fails the build. The rules are TypeScript, so they are compiled here first.
 */
import { mkdirSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { buildSync } from 'esbuild'
import tseslint from 'typescript-eslint'

const root = import.meta.dirname
const compiledRules = `${root}/.cache/lint/rules.mjs`
mkdirSync(`${root}/.cache/lint`, { recursive: true })
buildSync({ entryPoints: [`${root}/tools/lint/index.ts`], outfile: compiledRules, bundle: true, platform: 'node', format: 'esm', packages: 'external' })
/** @type {typeof import('./tools/lint/index.js')} */
const { plugin, rules } = await import(pathToFileURL(compiledRules).href)

/** Code that runs on a board: the core, and the ports in the dialect. */
const firmware = ['firmware/**/*.ts']
/** The ports in the dialect, and the kit that checks ports, which runs on boards as well. */
const luaFolders = ['lua', 'luatos', 'luatask', 'luasocket']
const deviceFolders = ['espruino', ...luaFolders, 'at', 'conformance']
const devicePorts = deviceFolders.map((port) => `hal/${port}/**/*.ts`)
const contract = ['hal/hal.ts']

/** What a port may import besides its own folder. */
const shared = ['hal/hal.ts', 'firmware/bytes.ts', 'firmware/codes.ts']
/** Runs once, at the start or when something went wrong: a switch or a joined text there costs nothing that matters. */
const coldFiles = ['firmware/explain*.ts', 'firmware/check*.ts', 'firmware/cloud/**/*.ts', 'hal/at/parameter.ts', 'hal/at/native-parameter.ts']

const everyRule = Object.fromEntries(Object.keys(rules).map((name) => [`dialect/${name}`, 'error']))
/** A port calls what its own runtime has; the rest of the dialect holds for it too. */
const portRules = {
  'dialect/bytes-intrinsics': 'off',
  'dialect/no-closure-objects': 'off',
  'dialect/no-exceptions': ['error', { tryAllowed: true }],
  'dialect/no-missing-builtins': ['error', { machine: false }]
}

export default tseslint.config(
  { ignores: ['dist/', '.cache/', 'node_modules/', 'coverage/', '**/dist/', 'test/lint/fixtures/', '**/*.d.ts', '!firmware/features.d.ts'] },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: root } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    plugins: { dialect: plugin },
    rules: {
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      // A method that keeps an asynchronous contract need not wait for anything itself.
      '@typescript-eslint/require-await': 'off',
      // Codes and states are compared across const enums and plain numbers by design.
      '@typescript-eslint/no-unsafe-enum-comparison': 'off',
      // Repeating what the checker knows is not a bug, and the checker of tsconfig.firmware.json knows other things.
      '@typescript-eslint/no-unnecessary-type-assertion': 'off',
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-var': 'error',
      'no-control-regex': 'error',
      'no-self-compare': 'error',
      'no-template-curly-in-string': 'error',
      'no-unreachable-loop': 'error',
      'no-constant-condition': ['error', { checkLoops: false }]
    }
  },
  { files: [...firmware, ...devicePorts], rules: everyRule },
  { files: contract, rules: { 'dialect/ascii-source': 'error', 'dialect/const-enum': 'error', 'dialect/this-void': 'error', 'dialect/no-mixed-return': 'error' } },
  {
    files: firmware,
    rules: {
      'dialect/portable-imports': ['error', { root, allow: ['firmware/', 'hal/hal.ts'], typesOnly: ['hal/hal.ts'] }],
      // The dialect wants plain tests where these would have ?. and ??, and feature flags are constants to the checker.
      '@typescript-eslint/prefer-optional-chain': 'off',
      '@typescript-eslint/no-unnecessary-condition': 'off'
    }
  },
  { files: ['firmware/bytes.ts'], rules: { 'dialect/bytes-intrinsics': 'off', 'dialect/no-bytes-plus': 'off', 'dialect/plain-arrays': ['error', { methods: ['join'] }] } },
  // Texts for the scorecard: no device carries them.
  { files: ['hal/conformance/catalogue*.ts'], rules: { 'dialect/no-unparsed-syntax': 'off' } },
  { files: coldFiles, rules: { 'dialect/no-hot-switch': 'off', 'dialect/no-bytes-plus': 'off' } },
  ...deviceFolders.map((port) => ({
    files: [`hal/${port}/**/*.ts`],
    rules: {
      ...portRules,
      'dialect/portable-imports': ['error', { root, allow: [`hal/${port}/`, ...shared, ...(luaFolders.includes(port) ? ['hal/lua/', 'firmware/types.ts'] : []), ...(port === 'espruino' ? ['hal/at/'] : [])], typesOnly: ['firmware/types.ts'] }]
    }
  })),
  {
    // Never Espruino, which neither hoists nor takes apart; and the platforms' objects have methods, which Lua calls with a colon.
    files: luaFolders.map((port) => `hal/${port}/**/*.ts`),
    rules: { 'dialect/declare-before-use': 'off', 'dialect/no-unparsed-syntax': 'off', 'dialect/this-void': 'off' }
  },
  // The faces are called with a colon, as the clients are whose place they take.
  { files: luaFolders.map((port) => `hal/${port}/mqtt.ts`), rules: { 'dialect/no-classes': 'off' } },
  {
    // Never Lua: the interpreter calls its handlers with the socket as `this`, and its own functions are what a port is for.
    files: ['hal/espruino/**/*.ts'],
    rules: {
      'dialect/this-void': 'off', 'dialect/no-this-void-class': 'off', 'dialect/plain-arrays': 'off', 'dialect/no-bit-operators': 'off',
      'dialect/no-missing-builtins': 'off'
    }
  },
  {
    files: ['test/**/*.ts', 'tools/**/*.ts', 'examples/**/*.ts', '*.ts'],
    rules: {
      // Tools read JSON; tests hand over wrong values and fakes on purpose.
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/prefer-promise-reject-errors': 'off',
      '@typescript-eslint/only-throw-error': 'off',
      'no-template-curly-in-string': 'off'
    }
  },
  {
    // On a board `require` is what there is: it finds the modules of the firmware and of Storage.
    files: ['examples/espruino/**/*.ts'],
    rules: { '@typescript-eslint/no-require-imports': 'off' }
  },
  {
    // Plain JavaScript: this file and the runner of the tools.
    files: ['**/*.{js,mjs,cjs}'],
    rules: { eqeqeq: 'error', 'no-var': 'error', 'prefer-const': 'error', 'no-unused-vars': ['error', { argsIgnorePattern: '^_' }], 'no-unreachable': 'error' }
  }
)
