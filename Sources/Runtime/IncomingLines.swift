/// The lines that come from a descriptor, handed out as they come.
final class IncomingLines {
    private let watch: Watch
    private var reader: LineReader
    private var line: (String) -> Void = { _ in }

    /// The lines of a descriptor that does not block; none is handed out before `begin`.
    init(of descriptor: Descriptor, loop: EventLoop) {
        watch = loop.watch(descriptor)
        reader = LineReader(descriptor)
    }

    /// Hands out lines from now on. `came` is called after those that came together, with whether
    /// more may come.
    func begin(_ line: @escaping (String) -> Void, came: @escaping (Bool) -> Void = { _ in }) {
        self.line = line
        watch.whenReadable { [self] in came(drain()) }
    }

    /// Hands out what is there already. Returns false at the end of input.
    @discardableResult
    func drain() -> Bool {
        let isOpen = reader.read { line($0) }
        if !isOpen { watch.whenReadable(nil) }
        return isOpen
    }

    /// Hands out what is there already, and a last line that has not ended.
    func drainAll() {
        drain()
        reader.flush { line($0) }
    }

    /// Hands out nothing more; the descriptor stays open for who holds it.
    func end() {
        watch.end()
        line = { _ in }
    }
}
