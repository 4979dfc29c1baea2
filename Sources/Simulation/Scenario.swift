import Basics

/// One schedule's cluster, its policies and how much goes wrong, all drawn from a seed.
struct Scenario {
    /// How often each kind of trouble happens; probabilities, or seconds.
    struct Trouble {
        /// Mean seconds between two faults.
        var pause: Double
        /// When the first fault may happen: from the start, or once the cluster has served.
        var fromTheStart: Bool
        /// How long faults happen.
        var duration: Double
        /// That a fault comes with another one at the same moment.
        var burst: Double
        /// That one attempt to start a process fails (no connection, refused, no spawn).
        var failedStart: Double
        /// That an answer to a probe is late, wrong or lost.
        var oddProbe: Double
        /// That an event arrives a second time, later.
        var duplicate: Double
        /// That a timer fires late, by up to a minute.
        var lateTimer: Double
        /// That the user asks for a stop at a random moment.
        var stop: Double
        /// That a fault is a change of the configuration instead.
        var reload: Double
    }

    /// What a server does not survive.
    struct Poison {
        /// How it ends.
        var end: SimulatedEnd
        /// Whether it is the coordinator that ends, or its first worker.
        var isForCoordinator: Bool
        /// Seconds between two.
        var pause: Double
    }

    let seed: UInt64
    /// What the cluster is brought up with.
    let first: SimulatedConfiguration.Made
    let trouble: Trouble
    /// Seconds that the coordinator needs to load the model when nothing is wrong.
    let loadTime: Double
    /// Mean seconds between two requests.
    let requestPause: Double
    /// Whether the coordinator's host shows its connections.
    let showsConnections: Bool
    /// Whether a coordinator that has loaded goes on without a lost worker, and answers errors.
    let outlivesLoss: Bool
    /// A request that comes again and again, and ends who computes it always in the same way.
    let poison: Poison?
    /// Seconds of one batch, between two moves of the counters, and batches of a request at most.
    let batch: (length: Double, most: Int)

    init(seed: UInt64, generator: inout SeededGenerator) {
        self.seed = seed
        let workers = generator.chance(0.05) ? 0 : Int.random(in: 1...15, using: &generator)
        let someUnmanaged = generator.chance(0.3)
        var backends = (0..<workers).map { index in
            let managed = !(someUnmanaged && generator.chance(0.4))
            return SimulatedConfiguration.Backend(host: index + 2, managed: managed)
        }
        let restart = [
            generator.chance(0.7) ? 0 : 3, generator.chance(0.7) ? 60 : 5,
            generator.chance(0.8) ? 60 : 20,
        ]
        let limit = generator.chance(0.8) ? nil : Int.random(in: 1...5, using: &generator)
        let degrade = generator.chance(0.7) ? nil : generator.pick([10, 60])
        // Drawn apart, so that schedules without spares stay what they were.
        var apart = SeededGenerator(seed: seed ^ 0x7370_6172_6573)
        let isMeasured = apart.chance(degrade == nil ? 0.1 : 0.5)
        for index in backends.indices where isMeasured {
            backends[index].isSpare = apart.chance(0.4)
        }
        let sleepAfter = generator.chance(0.6) ? nil : generator.pick([20, 200])
        let isWatchedAtRest = sleepAfter == nil && apart.chance(0.3)
        first = SimulatedConfiguration.Made(
            SimulatedConfiguration(
                backends: backends, restart: restart, maxRestarts: limit, degradeAfter: degrade,
                hasKeys: generator.chance(0.5),
                sleepAfter: sleepAfter,
                maxMemory: generator.chance(0.7) ? nil : generator.pick([4 << 10, 100 << 10]),
                isWatchedAtRest: isWatchedAtRest, isMeasured: isMeasured))
        trouble = Trouble(
            pause: generator.pick([3, 15, 60, 200]), fromTheStart: generator.chance(0.2),
            duration: generator.pick([30, 200, 600]), burst: generator.pick([0, 0.2, 0.7]),
            failedStart: generator.pick([0, 0.05, 0.3]), oddProbe: generator.pick([0, 0.02, 0.2]),
            duplicate: generator.pick([0, 0.02, 0.2]), lateTimer: generator.pick([0, 0.02, 0.2]),
            stop: generator.pick([0, 0, 0.5]),
            reload: generator.pick([0, 0, 0.1, 0.4]))
        poison =
            apart.chance(0.8)
            ? nil
            : Poison(
                end: apart.pick([.aborted, .crashed, .silent, .noMemory]),
                isForCoordinator: apart.chance(0.5), pause: apart.pick([50, 100, 150]))
        loadTime = generator.pick([0.1, 3, 30, 120])
        let requestPause = generator.pick([0.5, 10, 300])
        // Who asks twice a second lets nothing sleep.
        self.requestPause = sleepAfter == nil ? requestPause : max(60, requestPause)
        showsConnections = generator.chance(0.5)
        outlivesLoss = generator.chance(0.3)
        // The last one is a healthy prompt on slow hosts, longer than `timeouts.stall`.
        let batches: [(Double, Int)] = [(0.2, 20), (3, 5), (25, 4), (100, 1)]
        let batch = degrade == nil ? generator.pick(batches) : batches[0]
        self.batch = isWatchedAtRest ? batches[0] : batch
    }
}

extension SeededGenerator {
    /// Whether something of that probability happens.
    mutating func chance(_ probability: Double) -> Bool {
        probability > 0 && Double.random(in: 0..<1, using: &self) < probability
    }

    /// One of the values.
    mutating func pick<Value>(_ values: [Value]) -> Value {
        values[Int.random(in: 0..<values.count, using: &self)]
    }

    /// A number of seconds between two.
    mutating func seconds(_ range: ClosedRange<Double>) -> Double {
        Double.random(in: range, using: &self)
    }
}
