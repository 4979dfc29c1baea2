import Basics

/// When a cluster was to serve, and when it did not.
///
/// It is to serve from the first time that it does until it is stopped as asked. Of the time after
/// a `sollol` that ended without a word - killed, or its machine went down - nothing is known until
/// it serves again, so that this time counts in neither way.
struct ServiceTime: Equatable, Sendable {
    /// In seconds since 1970, with fractions: recoveries are shorter than a second.
    private struct Span: Equatable, Sendable {
        var begin: Double
        var end: Double

        func length(from start: Double, to limit: Double) -> Double {
            max(0, min(end, limit) - max(begin, start))
        }
    }

    private var wanted: [Span] = []
    private var outages: [Span] = []
    /// Since when it is to serve.
    private var wantedSince: Double?
    /// Since when it does not, although it should.
    private(set) var outSince: Double?
    /// Whether it was given up.
    private(set) var isGivenUp = false
    private var leftOut: Set<String> = []
    private var isEnding = false
    private var last = 0.0

    /// What records say, oldest first.
    init(_ all: [HistoryTale.Told]) {
        for told in all {
            let time = Double(told.record.time.seconds)
            take(told.event, at: time)
            last = max(last, time)
        }
    }

    private mutating func take(_ event: HistoryEvent, at now: Double) {
        switch event {
        case .begins:
            // The one before it has not said that it ends.
            if wantedSince != nil, !isGivenUp { ends(at: last) }
            leftOut = []
            isEnding = false
        case .serves(let isAgain, let seconds): serves(at: now, isAgain ? seconds : nil)
        case .fails(let failure):
            if !leftOut.contains(failure.process), !isEnding { isOut(at: now) }
        case .givesUp:
            isOut(at: now)
            isGivenUp = wantedSince != nil
        case .leavesOut(let process): leftOut.insert(process)
        case .takesBack(let process): leftOut.remove(process)
        case .stops:
            isEnding = true
            ends(at: now)
        case .stopped: ends(at: now)
        case .step, .refuses, .other: break
        }
    }

    private mutating func serves(at now: Double, _ seconds: Double?) {
        if wantedSince == nil {
            wantedSince = now
        } else if let seconds, !isGivenUp {
            outages.append(Span(begin: now - seconds, end: now))
        } else if let outSince {
            outages.append(Span(begin: outSince, end: now))
        }
        outSince = nil
        isGivenUp = false
    }

    private mutating func isOut(at now: Double) {
        if wantedSince != nil { outSince = outSince ?? now }
    }

    private mutating func ends(at now: Double) {
        if let outSince { outages.append(Span(begin: outSince, end: now)) }
        if let wantedSince { wanted.append(Span(begin: wantedSince, end: now)) }
        (wantedSince, outSince, isGivenUp) = (nil, nil, false)
    }

    /// Seconds within that time.
    ///
    /// - Parameter end: when the last thing is known of it; now while it runs.
    func totals(from start: Timestamp?, to end: Timestamp) -> (wanted: Double, outage: Double) {
        var closed = self
        closed.ends(at: Double(end.seconds))
        let (start, end) = (Double(start?.seconds ?? 0), Double(end.seconds))
        func sum(_ spans: [Span]) -> Double {
            spans.reduce(0) { $0 + $1.length(from: start, to: end) }
        }
        let wanted = sum(closed.wanted)
        return (wanted, min(wanted, sum(closed.outages)))
    }
}
