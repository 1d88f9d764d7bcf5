/**
 * The native programs that the test suites talk to, and how they come to a machine.
 *
 * They are named here once. As root on Debian the missing packages are installed; anywhere else the caller gets their
 * names and decides. No daemon is started: Debian's mosquitto would take port 1883, and every suite starts its own
 * broker on a free port.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter } from 'node:path'

export interface NativeProgram {
  /** What the suites need, as a person would say it. */
  name: string
  /** Debian's package. */
  pkg: string
  /** A command that ends with status 0 when it is there. */
  probe: string[]
}

export const nativePrograms: NativeProgram[] = [
  { name: 'mosquitto', pkg: 'mosquitto', probe: ['mosquitto', '-h'] },
  { name: 'lua5.1', pkg: 'lua5.1', probe: ['lua5.1', '-v'] },
  { name: 'lua5.3', pkg: 'lua5.3', probe: ['lua5.3', '-v'] },
  { name: 'python3', pkg: 'python3', probe: ['python3', '--version'] },
  { name: 'lua5.4', pkg: 'lua5.4', probe: ['lua5.4', '-v'] },
  { name: 'LuaJIT', pkg: 'luajit', probe: ['luajit', '-v'] },
  { name: 'LuaSocket for lua5.1', pkg: 'lua-socket', probe: ['lua5.1', '-e', 'require "socket"'] },
  { name: 'LuaSocket for lua5.3', pkg: 'lua-socket', probe: ['lua5.3', '-e', 'require "socket"'] },
  { name: 'LuaSec for lua5.1', pkg: 'lua-sec', probe: ['lua5.1', '-e', 'require "ssl"'] },
  { name: 'LuaSec for lua5.3', pkg: 'lua-sec', probe: ['lua5.3', '-e', 'require "ssl"'] }
]

const policyFile = '/usr/sbin/policy-rc.d'
const aptLimitMs = 240_000
const probeLimitMs = 10_000

/** PATH with the folders in which Debian keeps daemons: mosquitto lives in /usr/sbin, which a user's PATH lacks. */
export function nativePath(): string {
  return [process.env.PATH ?? '', '/usr/sbin', '/usr/local/sbin'].join(delimiter)
}

function isPresent(program: NativeProgram): boolean {
  const [command = '', ...args] = program.probe
  const run = spawnSync(command, args, { env: { ...process.env, PATH: nativePath() }, stdio: 'ignore', timeout: probeLimitMs })
  if (run.error !== undefined) return false
  // Older mosquitto ends its help text with status 3; that it answered is enough.
  return program.name === 'mosquitto' ? run.status !== null : run.status === 0
}

/** The programs that this machine lacks. */
export function missingPrograms(): NativeProgram[] {
  return nativePrograms.filter((program) => !isPresent(program))
}

/** True where `installMissing` may be called: root, on Debian or what derives from it. */
export function canInstall(): boolean {
  return process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')
}

/** Installs the packages of `missing` without questions and without starting a service. '' when it worked, else what apt-get said. */
export function installMissing(missing: NativeProgram[]): string {
  const packages = [...new Set(missing.map((program) => program.pkg))]
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  // 101 is policy-rc.d's word for "not allowed": the package scripts then leave their daemon stopped.
  const ownPolicy = !existsSync(policyFile)
  if (ownPolicy) writeFileSync(policyFile, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  try {
    for (const args of [['update', '-q'], ['install', '-y', '-q', '--no-install-recommends', ...packages]]) {
      const run = spawnSync('apt-get', args, { env, encoding: 'utf8', timeout: aptLimitMs })
      if (run.error !== undefined) return `apt-get ${args[0]}: ${run.error.message} (limit ${aptLimitMs / 1000} s)`
      if (run.status !== 0) return `apt-get ${args[0]} ended with status ${run.status}:\n${run.stderr.trim().split('\n').slice(-8).join('\n')}`
    }
  } finally {
    if (ownPolicy) rmSync(policyFile, { force: true })
  }
  return ''
}
