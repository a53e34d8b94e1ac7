/// The shards of one loop, each of which carries the transfers of one credential.
struct ShardPool {
  /// The shards of one credential; those before `firstRoom` are full.
  ///
  /// A class, since changing a value within a dictionary costs three allocations.
  private final class Group {
    var shards: [Shard] = []
    var firstRoom = 0

    func shardWithRoom() -> Shard? {
      while firstRoom < shards.count {
        if shards[firstRoom].hasRoom { return shards[firstRoom] }
        firstRoom += 1
      }
      return nil
    }
  }

  private let configuration: CurlTransport.Configuration
  private let sockets: SocketPoll
  private let cache: SharedCache
  private let mailbox: Mailbox

  /// By ``Shard/index``, with gaps where shards have gone.
  private var slots: [Shard?] = []
  private var vacant: [Int] = []
  /// By credential; nil is for requests without one.
  private var groups: [UInt64?: Group] = [:]

  init(
    _ configuration: CurlTransport.Configuration,
    _ mailbox: Mailbox,
    sockets: SocketPoll,
    cache: SharedCache
  ) {
    self.configuration = configuration
    self.mailbox = mailbox
    self.sockets = sockets
    self.cache = cache
  }

  var all: some Sequence<Shard> { slots.lazy.compactMap(\.self) }

  subscript(index: Int) -> Shard? { slots[index] }

  /// The first shard that can take a transfer with this credential, so that connections stay few
  /// and in use.
  mutating func shardWithRoom(for credential: Credential?) throws(TransportError) -> Shard {
    if let shard = groups[credential?.id]?.shardWithRoom() { return shard }
    let index = vacant.last ?? slots.count
    let group = groups[credential?.id] ?? Group()
    let shard = try Shard(
      index,
      credential: credential?.id,
      place: group.shards.count,
      configuration,
      sockets: sockets,
      cache: cache
    )
    if vacant.popLast() == nil { slots.append(shard) } else { slots[index] = shard }
    if group.shards.isEmpty { credential?.isCarried(by: mailbox) }
    group.shards.append(shard)
    groups[credential?.id] = group
    return shard
  }

  /// Takes in that a shard has let go of a transfer.
  mutating func transferEnded(on shard: Shard) {
    if shard.isLeaving {
      if shard.isIdle { remove(shard) }
    } else if let group = groups[shard.credential], shard.place < group.firstRoom {
      group.firstRoom = shard.place
    }
  }

  /// Closes the connections of a credential, those in use when their transfers have ended.
  mutating func retire(_ credential: UInt64) {
    for shard in groups.removeValue(forKey: credential)?.shards ?? [] {
      shard.isLeaving = true
      if shard.isIdle { remove(shard) }
    }
  }

  private mutating func remove(_ shard: Shard) {
    slots[shard.index] = nil
    vacant.append(shard.index)
  }

  /// Closes all connections.
  mutating func removeAll() {
    groups.removeAll()
    slots.removeAll()
    vacant.removeAll()
  }
}
