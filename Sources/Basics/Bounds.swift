/// How much is taken of each source of data that others fill. What goes beyond is refused or left
/// out, by the rule that `Bounds.md` states beside each number.
///
/// Together they keep `sollol` below 64 MiB whatever is sent, with eight hosts asked at once.
package enum Bounds {
    // MARK: Hosts

    /// Bytes that a login shell may print before ours begins.
    package static let bannerBytes = 64 << 10
    /// Bytes of an answer of a host, beside pieces of a file that were asked for.
    package static let answerBytes = 2 << 20
    /// Lines of such an answer.
    package static let answerLines = 20_000
    /// Bytes of what one program prints when it is asked for its help, version or devices; the help
    /// of llama-server is 60 KiB.
    package static let programBytes = 256 << 10
    /// Ports that somebody listens on, records of guards, addresses.
    package static let hostEntries = 4096
    /// Bytes of the manifest of an Ollama model.
    package static let manifestBytes = 64 << 10
    /// Lines on standard error that are kept of an ssh or a shell, the last ones.
    package static let errorLines = 60
    /// Hosts that are asked at the same time: sshd of a jump host begins to refuse at ten.
    package static let hostsAtOnce = 8

    // MARK: Servers

    /// Bytes of a line; its end is left out.
    package static let lineBytes = 8192
    /// Lines that are kept of a server for its failure, the last ones.
    package static let lastWords = 40
    /// Bytes of each of them.
    package static let lastWordBytes = 1024
    /// Bytes of an answer over HTTP or RPC.
    package static let serverAnswerBytes = 1 << 20
    /// Values of JSON in it; a slot of llama-server has 60.
    package static let serverAnswerValues = 50_000
    /// Bytes of the header of a model to measure devices with: it is a word of a command line,
    /// which Linux limits to 128 KiB, and a byte takes up to four there.
    package static let probeHeaderBytes = 28 << 10
    /// Lines of a program that measures a device.
    package static let benchLines = 400
    /// Measurements that are kept of the devices of one process.
    package static let measuredDevices = 64
    /// Bytes of a list of devices.
    package static let deviceListBytes = 256 << 10
    /// Lines in a coordinator's log that say where weights are.
    package static let weightLines = 1024
    /// Bytes of a log that wait for their disk.
    package static let waitingLogBytes = 1 << 20
    /// Bytes of the lines of a start that survive the rotation of a log.
    package static let loadLogBytes = 256 << 10

    // MARK: Models

    /// Bytes of a header; vocabularies of 256 k tokens take 15 MiB.
    package static let headerBytes = 64 << 20
    /// Bytes of a header that are held at a time.
    package static let headerPieceBytes = 4 << 20
    /// Keys of a header.
    package static let headerKeys = 4096
    /// Bytes of its keys and of their short values; everything else of them is passed over.
    package static let headerKeptBytes = 2 << 20
    /// Tensors of all parts of a model together.
    package static let modelTensors = 1 << 14
    /// Bytes of a manifest of shards: 400 for each tensor of the largest model, and 100 for the
    /// piece of the skeleton that follows it.
    package static let shardManifestBytes = 8 << 20
    /// Bytes of a line of it; the longest has all pieces of a file of the skeleton.
    package static let shardManifestLineBytes = 4 << 20
    /// Values of JSON in such a line.
    package static let shardManifestValues = 100_000
    /// Bytes of a model that its coordinator stores beside the tensors of workers: in pieces of 64
    /// MiB each is in memory, and a manifest has room for as many.
    package static let skeletonBytes = 2 << 40
    /// Files of a model.
    package static let modelParts = 512
    /// Bytes of the address of a model.
    package static let sourceAddressBytes = 4096
    /// Bytes of the headers of an answer of a web server, those on the way to it included.
    package static let sourceHeadBytes = 64 << 10
    /// Lines of them.
    package static let sourceHeadLines = 400
    /// Bytes of a model's header that are asked of a web server at a time.
    package static let sourcePieceBytes = 2 << 20
    /// Seconds that a web server may have us wait (`Retry-After`); one that asks for more is asked
    /// again then.
    package static let sourceWaitSeconds = 300
    /// Seconds of such waits in a row, while nothing comes.
    package static let sourceWaitsSeconds = 3600

    // MARK: Files and sockets of this machine

    /// Bytes of a configuration.
    package static let configurationBytes = 1 << 20
    /// Values of JSON in it.
    package static let configurationValues = 5000
    /// Problems of a configuration that are told.
    package static let configurationProblems = 100
    /// Bytes of a file of API keys: some thousand.
    package static let keyFileBytes = 64 << 10
    /// Bytes of a key: llama-server takes no header line above 8 KiB (measured: 6,000 bytes work,
    /// 9,000 answer 400).
    package static let keyBytes = 4096
    /// Bytes of the numbers that workers were given.
    package static let numbersBytes = 256 << 10
    /// Bytes of the address that notifications are posted to.
    package static let notifyAddressBytes = 4096
    /// Bytes of recorded facts.
    package static let factsBytes = 4 << 20
    /// Bytes of what a running `sollol` and the one that judges a reload say to each other: facts,
    /// and a plan beside them.
    package static let reloadBytes = 6 << 20
    /// Bytes of a line of the history: forty lines of a server, all of them escaped.
    package static let historyLineBytes = 256 << 10
    /// Bytes of a request to a running `sollol`.
    package static let controlRequestBytes = 4096
    /// Bytes of its answer; the largest has the lines of a reload.
    package static let controlAnswerBytes = 2 << 20
    /// Bytes of the head of a request to the dashboard.
    package static let requestHeadBytes = 8 << 10
    /// Streams of the dashboard that are open at the same time.
    package static let dashboardStreams = 64
    /// Other clients of it at the same time: scrapers and balancers are answered whoever looks.
    package static let dashboardClients = 16
    /// Bytes that wait for a client of it.
    package static let waitingAnswerBytes = 256 << 10
}
