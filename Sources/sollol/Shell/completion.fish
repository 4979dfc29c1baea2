# Completion for fish: sollol completion fish | source, or save it as
# ~/.config/fish/completions/sollol.fish.
# What may stand there is what sollol itself says, by the table that parses its command line.
function __sollol_complete
    set -l words (commandline -opc) (commandline -ct)
    for line in (command $words[1] complete $words[2..-1] 2>/dev/null)
        if test "$line" = :files
            __fish_complete_path (commandline -ct)
        else
            echo $line
        end
    end
end
complete -c sollol -f -a '(__sollol_complete)'
