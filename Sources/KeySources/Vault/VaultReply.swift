/// What Vault answered: any status that asking another server would not change.
struct VaultReply: Sendable {
  let status: Int
  /// The JSON object; an empty one where there was no body.
  let body: VaultBody
  /// The server that answered.
  let address: VaultAddress
}
