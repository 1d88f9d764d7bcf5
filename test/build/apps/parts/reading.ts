export interface Reading { value: number }

export const title = 'plant/7/temperature'
