import Testing

@testable import LlamaCpp
@testable import Plan
@testable import Samples

@Suite struct CapabilitiesTests {
    /// The lines of Debian's build 11669 that matter, wrapped as it wraps them.
    static let current = """
        ggml_backend_load_best: failed to enumerate /usr/lib/x86_64-linux-gnu/ggml/backends0
        ----- common params -----

        -h,    --help, --usage                  print usage and exit
        -fa,   --flash-attn [on|off|auto]       set Flash Attention use ('on', 'off', or 'auto', default: 'auto')
                                                (env: LLAMA_ARG_FLASH_ATTN)
        --rpc SERVERS                           comma-separated list of RPC servers (host:port)
                                                (env: LLAMA_ARG_RPC)
        -lm,   --load-mode MODE                 model loading mode (default: auto)
                                                - none: no special loading mode
        -ot,   --override-tensor <tensor name pattern>=<buffer type>,...
                                                override tensor buffer type
        -dev,  --device <dev1,dev2,..>          comma-separated list of devices to use for offloading (none = don't
                                                offload)
        --list-devices                          print list of available devices and exit
        -ngl,  --gpu-layers, --n-gpu-layers N   max. number of layers to store in VRAM, either an exact number,
                                                'auto', or 'all' (default: auto)
        -fit,  --fit [on|off]                   whether to adjust unset arguments to fit in device memory ('on' or
                                                'off', default: 'on')
        -lv,   --verbosity, --log-verbosity N   Set the verbosity threshold. Messages with a higher verbosity will be
                                                ignored. Values:
                                                 - 3: info
                                                 - 4: trace (more info)
                                                 - 5: debug

        ----- server-specific params -----

        -cram, --cache-ram N                    set the maximum cache size in MiB (default: 8192, 0 for decision
                                                models, -1 - no limit, 0 - disable)
        --cors-origins ORIGINS                  comma-separated list of allowed origins for CORS (default: *)
        --metrics                               enable prometheus compatible metrics endpoint (default: disabled)
        --sleep-idle-seconds SECONDS            number of seconds of idleness after which the server will sleep
                                                (default: -1; -1 = disabled)
        --slots, --no-slots                     expose slots monitoring endpoint (default: enabled)
        -mmdev, --mmproj-device DEVICE          device to use for multimodal projector (none = don't offload, default:
                                                follows --device)
        --mmproj-offload, --no-mmproj-offload   whether to enable GPU offloading for multimodal projector (default:
                                                enabled)
        --spec-draft-device, -devd, --device-draft <dev1,dev2,..>
                                                comma-separated list of devices to use for offloading the draft model
        """

    /// The same as releases of early 2025 had it (composed, not recorded): other names and values,
    /// or nothing.
    static let early2025 = """
        -fa,   --flash-attn                     enable Flash Attention (default: disabled)
                                                (env: LLAMA_ARG_FLASH_ATTN)
        --rpc SERVERS                           comma separated list of RPC servers
        --no-mmap                               do not memory-map model (slower load but may reduce pageouts if not
                                                using mlock)
        -ngl,  --gpu-layers, --n-gpu-layers N   number of layers to store in VRAM
                                                (env: LLAMA_ARG_N_GPU_LAYERS)
        -lv,   --verbosity, --log-verbosity N   Set the verbosity threshold. Messages with a higher verbosity will be
                                                ignored.
        --metrics                               enable prometheus compatible metrics endpoint (default: disabled)
        --slots                                 enable slots monitoring endpoint (default: disabled)
        """

    @Test func theCurrentRelease() {
        var expected = Capabilities.currentRelease
        expected.version = "0.7.0 (build 11669, commit Debian)"
        let version = """
            version: 0.7.0 (build 11669, commit Debian)
            built with GNU 16.2.0 for Linux x86_64
            """
        #expect(Capabilities(help: Self.current, version: version) == expected)
    }

    @Test func anEarlierRelease() {
        var expected = Capabilities.currentRelease
        expected.version = "4900 (0123abcd)"
        expected.loadMode = .noMmap
        expected.gpuLayersAll = false
        expected.fit = false
        expected.cacheRAM = false
        expected.device = false
        expected.overrideTensor = false
        expected.listDevices = false
        expected.verbosityTrace = false
        expected.corsOrigins = false
        expected.sleep = false
        expected.flashAttentionTakesValue = false
        expected.companions = .init(
            draftDevice: false, projectorDevice: false, projectorOffload: false)
        let read = Capabilities(help: Self.early2025, version: "version: 4900 (0123abcd)\n")
        #expect(read == expected)
    }

    /// The older the release, the other the flags, the same the cluster.
    @Test func thePlanSpeaksTheLanguageOfTheBinary() throws {
        var facts = SampleSpecs.localFacts
        let capabilities = Capabilities(help: Self.early2025, version: "")
        facts.hosts[.here]?.binaries["llama-server"]?.capabilities = capabilities
        let plan = try LaunchPlanner.plan(SampleSpecs.local, facts: facts)
        let argv = try #require(plan.process("coordinator")?.argv)
        #expect(
            Array(argv.dropFirst(11)) == [
                "--rpc", "127.0.0.1:50052,127.0.0.1:50053", "-ngl", "999", "-ts", "13,12",
                "--no-mmap", "--metrics", "--slots",
            ])
    }

    @Test(arguments: ["", "\n\n", "usage", "-", "--", "--,", "-a,", "error: invalid argument"])
    func textsWithoutFlags(_ text: String) {
        let read = Capabilities(help: text, version: text)
        #expect(!read.rpc && !read.fit && read.loadMode == .unavailable && read.version == nil)
    }

    /// A flag counts where it is offered, not where another one mentions it.
    @Test func mentionsAreNotFlags() {
        let help = """
            -fitt, --fit-target MiB0,MiB1,...       target margin per device for --fit, comma-separated
                                                    --fit is described elsewhere
            --override-tensor-draft X               see --rpc and --load-mode
            """
        let flags = HelpText(help)
        #expect(flags.has("--fit-target") && flags.has("-fitt"))
        #expect(!flags.has("--fit") && !flags.has("--rpc") && !flags.has("--load-mode"))
    }

    @Test(arguments: [
        ("  -t, --threads N      number of threads for the CPU device (default: 12)\n", 12),
        ("  -t, --threads N      number of threads\n  -p, --port PORT  (default: 50052)\n", 0),
        ("  -t, --threads N      number (default: 99999)\n", 0),
        ("  -p, --port PORT      port to bind to (default: 50052)\n", 0), ("", 0),
    ])
    func threadsOfAWorkerByItsHelp(_ help: String, _ threads: Int) {
        let text = "load_backend: loaded RPC backend (default: 7)\n" + help
        #expect(Capabilities.defaultThreads(inWorkerHelp: text) == threads)
    }
}
