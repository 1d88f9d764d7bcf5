/** What samples/numbers.ts reports, computed by hand: steps of half a second, a day, 17000 ticks; 50 ms; 2^30 ms in all. */
export const NUMBERS = `luatask 500
luatask 1000
luatask 1500
luatask 2000
luatask 2500
luatask 3000
luatask day 86403000
luatask rest 86404037
luatos 50
luatos 100
luatos 150
luatos 200
luatos longest 1073741824
id 6566
hex 6
`
