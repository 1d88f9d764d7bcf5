/** The parts of the port in builds for boards: with the application that imports them, and nowhere else. */
import { expect, it } from 'vitest'
import { buildBoard } from '../../tools/build/board-build.js'
import { readBoards } from '../../tools/build/boards.js'

it('brings the parts that an application imports with it, and none of them in the module for Storage', { timeout: 60_000 }, async () => {
  const built = await buildBoard(readBoards()['esp32c3']!, 'test/build/apps/parts.ts')
  for (const name of ['Wifi', 'Storage', 'crypto']) {
    expect(built.module.code).not.toContain(`require("${name}")`)
    expect(built.app!.code).toContain(`require("${name}")`)
    expect(built.appModule!.code).toContain(`require("${name}")`)
  }
  // The clock and the handles exist once: the parts stand on none of them.
  expect(built.appModule!.code).not.toContain('getTime')
})
