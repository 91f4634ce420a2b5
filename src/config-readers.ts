// How a setting's text is read: to its value, or to what was expected instead. Pure.

import { isIP } from 'node:net'
import { resolve } from 'node:path'
import ipaddr from 'ipaddr.js'

export type Reading<T> = { value: T } | { expected: string }

export const readers = {
  oneOf,
  setOf,
  wholeNumber,
  address,
  baseAddress,
  baseAddresses,
  databaseAddress,
  path,
  networks,
  ports,
}

function oneOf<T extends string>(words: readonly T[]) {
  return (text: string): Reading<T> => {
    const value = words.find((word) => word === text)
    return value === undefined ? { expected: words.join(' or ') } : { value }
  }
}

function setOf<T extends string>(words: readonly T[]) {
  const one = oneOf(words)
  return (text: string): Reading<ReadonlySet<T>> => {
    const set = new Set<T>()
    for (const item of list(text)) {
      const reading = one(item)
      if ('expected' in reading) return { expected: `one or more of ${words.join(', ')}` }
      set.add(reading.value)
    }
    return { value: set }
  }
}

function wholeNumber(least: number, most: number) {
  return (text: string): Reading<number> => {
    const value = Number(text)
    const fits = /^\d{1,9}$/.test(text) && value >= least && value <= most
    return fits ? { value } : { expected: `a whole number from ${least} to ${most}` }
  }
}

function address(text: string): Reading<string> {
  const fits = isIP(text) !== 0 || text === 'localhost'
  return fits ? { value: text } : { expected: 'an IP address to listen on, or localhost' }
}

function baseAddress(text: string): Reading<string> {
  const expected =
    'an http or https address without path, query or user, like https://pay.example.com'
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol)) return { expected }
  const bare = `${url.protocol}//${url.host}`
  return url.href === `${bare}/` ? { value: bare } : { expected }
}

function baseAddresses(text: string): Reading<readonly string[]> {
  const value: string[] = []
  for (const item of list(text)) {
    const reading = baseAddress(item)
    if ('expected' in reading)
      return { expected: 'addresses without path, query or user, like http://127.0.0.1:7003' }
    value.push(reading.value)
  }
  return { value }
}

function databaseAddress(text: string): Reading<string> {
  return /^postgres(ql)?:\/\/\S+$/.test(text) && URL.canParse(text)
    ? { value: text }
    : { expected: 'an address like postgresql://user:password@host:5432/database' }
}

function path(text: string): Reading<string> {
  const fits = text !== '' && !text.includes('\0')
  return fits ? { value: resolve(text) } : { expected: 'a path' }
}

function networks(text: string): Reading<readonly string[]> {
  const value = list(text)
  // A network that covers everybody would let everybody choose their own address.
  const fits = value.every((item) => ipaddr.isValidCIDR(item) && !item.endsWith('/0'))
  return fits
    ? { value }
    : { expected: 'networks like 10.0.0.0/8,fd00::/8, none of them covering all addresses' }
}

function ports(text: string): Reading<ReadonlySet<number>> {
  const one = wholeNumber(1, 65_535)
  const value = new Set<number>()
  for (const item of list(text)) {
    const reading = one(item)
    if ('expected' in reading) return { expected: 'ports from 1 to 65535, like 443,8443' }
    value.add(reading.value)
  }
  return { value }
}

function list(text: string): string[] {
  return text.split(',').map((item) => item.trim())
}
