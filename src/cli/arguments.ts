// What may stand behind `npm start --`.

export interface StartArguments {
  dataFolder: string
  port: number
  /** Restart a program when its sources change. */
  watch: boolean
}

export const PORTS_USED = 4

export const HELP = `Starts Tongbao: PostgreSQL, the hub, the sandbox wallets and the example shop.

  npm start -- [--data DIR] [--port N]

  --data DIR   folder that keeps everything (default ./data)
  --port N     first of ${PORTS_USED} ports: hub N, sandbox N+1, shop N+2, metrics N+3 (default 8800)
  --watch      restart a program when its sources change
  --help       this page

  DATABASE_URL=postgresql://…   use that PostgreSQL (15 or later) instead of an own one
  TONGBAO_MODE=live             start the hub alone, for real wallets; needs TONGBAO_URL=https://…`

/** Reads the flags; an `Error` says in one sentence what is wrong. */
export function parseArguments(argv: readonly string[]): StartArguments | 'help' {
  const result: StartArguments = { dataFolder: 'data', port: 8800, watch: false }
  const rest = [...argv]
  for (let flag = rest.shift(); flag !== undefined; flag = rest.shift()) {
    const [name = '', attached] = splitOnce(flag)
    if (name === '--help' || name === '-h') return 'help'
    if (name === '--watch' && attached === undefined) result.watch = true
    else if (name === '--data') result.dataFolder = required(name, attached ?? rest.shift())
    else if (name === '--port') result.port = portOf(required(name, attached ?? rest.shift()))
    else throw new Error(`Unknown argument "${flag}"; "npm start -- --help" lists what there is.`)
  }
  return result
}

function splitOnce(flag: string): [string, string | undefined] {
  const at = flag.indexOf('=')
  return at < 0 ? [flag, undefined] : [flag.slice(0, at), flag.slice(at + 1)]
}

function required(name: string, value: string | undefined): string {
  if (value === undefined || value === '' || value.startsWith('--')) {
    throw new Error(`${name} needs a value, for example: npm start -- ${name} ${EXAMPLES[name]}`)
  }
  return value
}

const EXAMPLES: Record<string, string> = { '--data': './data', '--port': '8800' }

function portOf(text: string): number {
  const port = Number(text)
  const highest = 65_535 - PORTS_USED + 1
  if (!/^\d{1,5}$/.test(text) || port < 1 || port > highest) {
    throw new Error(`--port is "${text}"; expected a number from 1 to ${highest}.`)
  }
  return port
}
