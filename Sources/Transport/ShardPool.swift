/// The shards of one loop, each of which carries the transfers of one credential by one route.
struct ShardPool {
  /// Whose connections, and by which route.
  private struct Owner: Hashable {
    let credential: UInt64?
    let route: UInt64?
  }

  /// The shards of one owner; those before `firstRoom` are full.
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
  private let memory: ResponseMemory
  private let mailbox: Mailbox

  /// By ``Shard/index``, with gaps where shards have gone.
  private var slots: [Shard?] = []
  private var vacant: [Int] = []
  private var groups: [Owner: Group] = [:]

  init(
    _ configuration: CurlTransport.Configuration,
    _ mailbox: Mailbox,
    sockets: SocketPoll,
    memory: ResponseMemory
  ) {
    self.configuration = configuration
    self.mailbox = mailbox
    self.sockets = sockets
    self.memory = memory
  }

  var all: some Sequence<Shard> { slots.lazy.compactMap(\.self) }

  subscript(index: Int) -> Shard? { slots[index] }

  /// The first shard that can take a transfer with this credential by this route, so that connections
  /// stay few and in use.
  mutating func shardWithRoom(
    for credential: Credential?,
    by lane: RouteLane
  ) throws(TransportError) -> Shard {
    let owner = Owner(credential: credential?.id, route: lane.handle?.id)
    if let shard = groups[owner]?.shardWithRoom() { return shard }
    let index = vacant.last ?? slots.count
    let group = groups[owner] ?? Group()
    let shard = try Shard(
      index,
      credential: credential?.id,
      place: group.shards.count,
      configuration,
      sockets: sockets,
      lane: lane,
      memory: memory
    )
    if vacant.popLast() == nil { slots.append(shard) } else { slots[index] = shard }
    if group.shards.isEmpty { credential?.isCarried(by: mailbox) }
    group.shards.append(shard)
    groups[owner] = group
    return shard
  }

  /// Takes in that a shard has let go of a transfer.
  mutating func transferEnded(on shard: Shard) {
    if shard.isLeaving {
      if shard.isIdle { remove(shard) }
    } else if let group = groups[owner(of: shard)], shard.place < group.firstRoom {
      group.firstRoom = shard.place
    }
  }

  private func owner(of shard: Shard) -> Owner {
    Owner(credential: shard.credential, route: shard.lane.handle?.id)
  }

  /// Closes the connections of a credential, those in use when their transfers have ended.
  mutating func retire(_ credential: UInt64) {
    for owner in Array(groups.keys) where owner.credential == credential {
      for shard in groups.removeValue(forKey: owner)?.shards ?? [] {
        shard.isLeaving = true
        if shard.isIdle { remove(shard) }
      }
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
