/// How one number went: as many points as its neighbours, thinned together with them.
package struct HistorySeries: Equatable, Sendable {
    /// Points, oldest first; nil where the number was not known.
    package private(set) var points: [Float?]

    /// A number that was not known until now.
    init(unknown count: Int) { points = [Float?](repeating: nil, count: count) }

    mutating func add(_ value: Double?) { points.append(value.map { Float($0) }) }

    /// Keeps the mean of two neighbours each.
    mutating func halve() {
        points = stride(from: 0, to: points.count - 1, by: 2).map { index in
            guard let first = points[index] else { return points[index + 1] }
            return points[index + 1].map { ($0 + first) / 2 } ?? first
        }
    }

    mutating func forgetFirst() { points.removeFirst() }
}

/// Numbers over time, sampled together. Short at first, so that a minute can be seen; once there
/// are as many points as a page is wide, each becomes twice as long, up to a minute. Then the
/// oldest is forgotten: five hours are kept, in some kilobytes a process.
package struct SampledSeries: Equatable, Sendable {
    /// Points of each number.
    static let most = 300
    /// Seconds between two points, at last.
    static let longestPause = 64

    /// What is sampled of the cluster as a whole.
    package enum Number: Hashable, Sendable {
        /// Requests that are being answered.
        case busy
        /// Tokens that were generated, a second.
        case generated
        /// Tokens of prompts that were read, a second.
        case prompted
        /// Bytes that a process holds, by its name.
        case memory(String)
        /// Processors that a process keeps busy.
        case processors(String)
    }

    /// Seconds between two points.
    package private(set) var pause = 2
    /// How many points there are.
    package private(set) var count = 0
    /// When the last of them was taken, in seconds since 1970.
    package private(set) var end = 0
    /// The numbers.
    package private(set) var numbers: [Number: HistorySeries] = [:]

    /// Adds a point of each number. One that is not among them is not known.
    mutating func add(_ values: [Number: Double], at time: Int) {
        if count == Self.most { makeRoom() }
        for number in values.keys where numbers[number] == nil {
            numbers[number] = HistorySeries(unknown: count)
        }
        for number in numbers.keys { numbers[number]?.add(values[number]) }
        count += 1
        end = time
        forgetUnknown()
    }

    private mutating func makeRoom() {
        guard pause < Self.longestPause else {
            for number in numbers.keys { numbers[number]?.forgetFirst() }
            return count -= 1
        }
        for number in numbers.keys { numbers[number]?.halve() }
        count = Self.most / 2
        pause *= 2
    }

    /// Processes that a reload has removed long ago.
    private mutating func forgetUnknown() {
        guard count % 60 == 0 else { return }
        numbers = numbers.filter { $0.value.points.contains { $0 != nil } }
    }
}
