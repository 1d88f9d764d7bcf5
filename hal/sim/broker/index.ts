/** The model broker: see model-broker.ts. */
export { everyLie, LIES, type Dishonesty, type Lie } from './lies.js'
export type { Link } from './link.js'
export { ModelBroker, type RestartOptions, type SessionView, type StopKind } from './model-broker.js'
export { DEFAULT_BROKER, type Ack, type ModelBrokerOptions, type Verdict } from './options.js'
export { Recent, type Ended, type Expired, type Oracle } from './oracle.js'
export { filterFault, matches } from './topics.js'
export type { BrokerEvents, Connected, Dropped, EndKind, Message, MessageProperties, Qos, Sent, Subscription, Taken, Version } from './types.js'
export { describeViolation, STATEMENTS, type Violation, type ViolationKind } from './violations.js'
