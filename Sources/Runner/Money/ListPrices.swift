/// The list prices that this version knows, as the file that `nightjar prices` prints.
///
/// Read in October and November 2026 from platform.claude.com/docs/en/about-claude/pricing and
/// developers.openai.com/api/docs/pricing. Prices move: what a user writes goes before these.
package let listPrices = """
  # Prices in US dollars for a million tokens, as of 2026-11-01. They move: check them at
  # platform.claude.com/docs/en/about-claude/pricing and developers.openai.com/api/docs/pricing.
  #
  #   input, output   what a request sends and what the answer holds, thinking included
  #   cache_read      input that the provider's cache held; as input where left out
  #   cache_write     input that it takes into its cache; here for five minutes (Anthropic)
  #   request         for each request besides its tokens; nothing where left out
  #   long            the rates of a whole request whose input is more than `above` tokens
  #   flex, priority  how many times the rates a request of that service tier costs; 1 where left out
  #
  # A name also stands for its dated snapshots; a * at its end for all names that begin so.
  # Discounts for batches and surcharges (fast, regional, tools) are not in these prices.

  claude-fable-5-1: {input: 10, output: 50, cache_read: 0.25, cache_write: 12.50}
  claude-fable-5: {input: 10, output: 50, cache_read: 1, cache_write: 12.50}
  claude-opus-5-5: {input: 4, output: 20, cache_read: 0.20, cache_write: 5}
  claude-opus-5: {input: 5, output: 25, cache_read: 0.50, cache_write: 6.25}
  claude-opus-4-8: {input: 5, output: 25, cache_read: 0.50, cache_write: 6.25}
  claude-opus-4-7: {input: 5, output: 25, cache_read: 0.50, cache_write: 6.25}
  claude-opus-4-6: {input: 5, output: 25, cache_read: 0.50, cache_write: 6.25}
  claude-opus-4-5: {input: 5, output: 25, cache_read: 0.50, cache_write: 6.25}
  claude-opus-4-1: {input: 15, output: 75, cache_read: 1.50, cache_write: 18.75}
  claude-sonnet-5-5: {input: 2, output: 10, cache_read: 0.10, cache_write: 2.50}
  claude-sonnet-5: {input: 2, output: 10, cache_read: 0.20, cache_write: 2.50}
  claude-sonnet-4-6: {input: 3, output: 15, cache_read: 0.30, cache_write: 3.75}
  claude-sonnet-4-5: {input: 3, output: 15, cache_read: 0.30, cache_write: 3.75}
  claude-haiku-5-5:
    {input: 0.10, output: 0.50, cache_read: 0.01, cache_write: 0.125,
     long: {above: 100000, input: 0.50, output: 2.50, cache_read: 0.05, cache_write: 0.625}}
  claude-haiku-4-5: {input: 1, output: 5, cache_read: 0.10, cache_write: 1.25}

  gpt-6-astra:
    {input: 10, output: 50, cache_read: 1, cache_write: 12.50, flex: 0.5,
     long: {above: 272000, input: 20, output: 75, cache_read: 2, cache_write: 25}}
  gpt-6-sol:
    {input: 2, output: 10, cache_read: 0.20, cache_write: 2.50, flex: 0.5,
     long: {above: 272000, input: 4, output: 15, cache_read: 0.40, cache_write: 5}}
  gpt-6-luna:
    {input: 0.10, output: 0.50, cache_read: 0.01, cache_write: 0.125, flex: 0.5,
     long: {above: 272000, input: 0.20, output: 0.75, cache_read: 0.02, cache_write: 0.25}}
  gpt-6.1-terra:
    {input: 1, output: 5, cache_read: 0.05, cache_write: 1.25, flex: 0.5,
     long: {above: 272000, input: 2, output: 7.50, cache_read: 0.10, cache_write: 2.50}}
  gpt-5.6-sol:
    {input: 4, output: 20, cache_read: 0.40, cache_write: 5, flex: 0.5,
     long: {above: 272000, input: 8, output: 30, cache_read: 0.80, cache_write: 10}}
  gpt-5.6-terra:
    {input: 2, output: 12, cache_read: 0.20, cache_write: 2.50, flex: 0.5,
     long: {above: 272000, input: 4, output: 18, cache_read: 0.40, cache_write: 5}}
  gpt-5.6-luna:
    {input: 0.20, output: 1.20, cache_read: 0.02, cache_write: 0.25, flex: 0.5,
     long: {above: 272000, input: 0.40, output: 1.80, cache_read: 0.04, cache_write: 0.50}}
  gpt-5.5:
    {input: 5, output: 30, cache_read: 0.50, flex: 0.5,
     long: {above: 272000, input: 10, output: 45, cache_read: 1}}
  gpt-5.4:
    {input: 2.50, output: 15, cache_read: 0.25, flex: 0.5,
     long: {above: 272000, input: 5, output: 22.50, cache_read: 0.50}}
  gpt-5.4-mini: {input: 0.75, output: 4.50, cache_read: 0.075, flex: 0.5}
  gpt-5.2: {input: 1.75, output: 14, cache_read: 0.175, flex: 0.5}
  gpt-5.1: {input: 1.25, output: 10, cache_read: 0.125, flex: 0.5}
  gpt-5: {input: 1.25, output: 10, cache_read: 0.125, flex: 0.5}
  gpt-5-mini: {input: 0.25, output: 2, cache_read: 0.025}
  gpt-5-nano: {input: 0.05, output: 0.40, cache_read: 0.005}
  gpt-4.1: {input: 2, output: 8, cache_read: 0.50}
  gpt-4.1-mini: {input: 0.40, output: 1.60, cache_read: 0.10}
  gpt-4.1-nano: {input: 0.10, output: 0.40, cache_read: 0.025}
  gpt-4o: {input: 2.50, output: 10, cache_read: 1.25}
  gpt-4o-mini: {input: 0.15, output: 0.60, cache_read: 0.075}
  o3: {input: 2, output: 8, cache_read: 0.50, flex: 0.5}
  o4-mini: {input: 1.10, output: 4.40, cache_read: 0.275, flex: 0.5}

  text-embedding-3-large: {input: 0.13}
  text-embedding-3-small: {input: 0.02}

  """
