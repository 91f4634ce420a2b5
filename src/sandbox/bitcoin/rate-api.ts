// The tickers of Kraken, Bitstamp and Coinbase Exchange, and the bank's daily file: their own
// addresses, their own shapes.
import type { FastifyInstance, FastifyReply } from 'fastify'
import { breakDown, HTML, wait } from './breakdown.ts'
import { decimal, type Exchange, type Offers, PAIRS, type Pair } from './prices.ts'
import type { World } from './world.ts'

const DEFAULT_SILENCE_SECONDS = 20

export function addRateApi(app: FastifyInstance, world: World): void {
  const base = '/bitcoin/rates'
  app.get<{ Querystring: { pair?: string } }>(
    `${base}/kraken/0/public/Ticker`,
    (request, reply) => {
      const pair = PAIRS.find((each) => request.query.pair?.toUpperCase() === `XBT${each}`)
      if (!pair) return reply.send({ error: ['EQuery:Unknown asset pair'] })
      return answer(world, reply, 'kraken', () =>
        JSON.stringify(kraken(pair, world.prices.offers('kraken', pair))),
      )
    },
  )
  app.get<{ Params: { pair: string } }>(
    `${base}/bitstamp/api/v2/ticker/:pair`,
    (request, reply) => {
      const pair = PAIRS.find((each) => request.params.pair === `btc${each.toLowerCase()}`)
      if (!pair) return reply.code(404).type('text/html').send('<h1>Page not found</h1>')
      return exchange(reply, 'bitstamp', pair, bitstamp)
    },
  )
  app.get<{ Params: { product: string } }>(
    `${base}/coinbase/products/:product/ticker`,
    (request, reply) => {
      const pair = PAIRS.find((each) => request.params.product === `BTC-${each}`)
      if (!pair) return reply.code(404).send({ message: 'NotFound' })
      return exchange(reply, 'coinbase', pair, coinbase)
    },
  )
  app.get(`${base}/ecb/stats/eurofxref/eurofxref-daily.xml`, (_request, reply) =>
    answer(world, reply.type('text/xml'), 'ecb', () =>
      dailyFile(world.prices.day(), world.prices.perEuro()),
    ),
  )

  function exchange(
    reply: FastifyReply,
    name: Exchange,
    pair: Pair,
    write: (offers: Offers) => object,
  ) {
    return answer(world, reply, name, () => JSON.stringify(write(world.prices.offers(name, pair))))
  }
}

async function answer(
  { struck }: World,
  reply: FastifyReply,
  source: string,
  write: () => string,
): Promise<FastifyReply> {
  const silence = struck('rate_hangs', source)
  if (silence) await wait((silence.seconds ?? DEFAULT_SILENCE_SECONDS) * 1000)
  if (struck('rate_down', source)) return breakDown(reply)
  if (struck('rate_403', source)) return reply.code(403).type('text/html').send(HTML)
  if (struck('rate_5xx', source)) return reply.code(502).type('text/html').send(HTML)
  if (struck('rate_garbage', source)) return reply.type('text/html').send(HTML)
  if (!reply.hasHeader('content-type')) reply.type('application/json')
  return reply.header('cache-control', 'no-store').send(write())
}

function kraken(pair: Pair, { bid, ask }: Offers): object {
  const price = (cents: bigint) => decimal(cents, 5)
  const last = price((bid + ask) / 2n)
  return {
    error: [],
    result: {
      [`XXBTZ${pair}`]: {
        a: [price(ask), '1', '1.000'],
        b: [price(bid), '1', '1.000'],
        c: [last, '0.00080000'],
        v: ['1920.83610601', '7954.00219674'],
        p: [last, last],
        t: [23_329, 80_463],
        l: [last, last],
        h: [last, last],
        o: last,
      },
    },
  }
}

function bitstamp({ bid, ask, at }: Offers): object {
  const last = decimal((bid + ask) / 2n)
  return {
    timestamp: String(Math.floor(at / 1000)),
    open: last,
    high: last,
    low: last,
    last,
    volume: '1234.56789000',
    vwap: last,
    bid: decimal(bid),
    ask: decimal(ask),
    side: '0',
    open_24: last,
    percent_change_24: '0.00',
  }
}

function coinbase({ bid, ask, at }: Offers): object {
  return {
    ask: decimal(ask),
    bid: decimal(bid),
    volume: '5678.12345678',
    trade_id: 900_000_001,
    price: decimal((bid + ask) / 2n),
    size: '0.00080000',
    time: new Date(at).toISOString(),
    rfq_volume: '12.345678',
  }
}

function dailyFile(day: string, perEuro: Record<string, string>): string {
  const rows = Object.entries(perEuro).map(
    ([currency, rate]) => `\t\t\t<Cube currency='${currency}' rate='${rate}'/>`,
  )
  return `<?xml version="1.0" encoding="UTF-8"?>
<gesmes:Envelope xmlns:gesmes="http://www.gesmes.org/xml/2002-08-01" xmlns="http://www.ecb.int/vocabulary/2002-08-01/eurofxref">
\t<gesmes:subject>Reference rates</gesmes:subject>
\t<gesmes:Sender>
\t\t<gesmes:name>European Central Bank</gesmes:name>
\t</gesmes:Sender>
\t<Cube>
\t\t<Cube time='${day}'>
${rows.join('\n')}
\t\t</Cube>
\t</Cube>
</gesmes:Envelope>`
}
