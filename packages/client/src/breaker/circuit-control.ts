/** An operator's hand on the circuit of one endpoint. Forgotten when the endpoint disappears. */
export interface CircuitControl {
  /** Lets nothing through until `auto()`. */
  forceOpen(): void;
  /** Lets everything through until `auto()`, and counts nothing. */
  forceClose(): void;
  /** Lets the circuit decide again: by probes where it was forced open, from a fresh window where forced closed. */
  auto(): void;
}
