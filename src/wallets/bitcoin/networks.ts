// The chains a merchant may use and what tells them apart (sheet 1, 10.2; BIP 94, chainparams).

export const NETWORKS = ['main', 'testnet4', 'signet', 'regtest'] as const
export type Network = (typeof NETWORKS)[number]

export interface NetworkParameters {
  /** Human-readable part of segwit addresses. */
  prefix: string
  /** Version bytes of base58 addresses. */
  p2pkh: number
  p2sh: number
  /** The block everything began with; a source with another one speaks of another chain. */
  genesis: string
}

const TEST = { prefix: 'tb', p2pkh: 0x6f, p2sh: 0xc4 } as const

export const PARAMETERS: Readonly<Record<Network, NetworkParameters>> = {
  main: {
    prefix: 'bc',
    p2pkh: 0x00,
    p2sh: 0x05,
    genesis: '000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f',
  },
  testnet4: {
    ...TEST,
    genesis: '00000000da84f2bafbbc53dee25a72ae507ff4914b867c565be350b0da8bf043',
  },
  signet: {
    ...TEST,
    genesis: '00000008819873e925422c1ff0f99f7cc9bbb232af63a077a480a3633bee1ef6',
  },
  regtest: {
    ...TEST,
    prefix: 'bcrt',
    genesis: '0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206',
  },
}

export function isNetwork(text: string): text is Network {
  return NETWORKS.some((network) => network === text)
}
