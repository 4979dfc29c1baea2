# Completion for fish: sollol completion fish | source, or save it as
# ~/.config/fish/completions/sollol.fish.
# What may stand there is what sollol itself says, by the table that parses its command line.
function __sollol_complete
    set -l word (commandline -ct)
    set -l words (commandline -opc) $word
    set -l program (string replace -r '^~/' "$HOME/" -- $words[1])
    for line in (command $program complete $words[2..-1] 2>/dev/null)
        if test "$line" = :files
            # The file begins behind the sign of `--config=FILE`.
            set -l option (string match -r '^--[a-z-]+=' -- $word)
            set -l beginning (string replace -r '^--[a-z-]+=' '' -- $word)
            for file in (__fish_complete_path $beginning)
                printf '%s\n' "$option$file"
            end
        else
            echo $line
        end
    end
end
complete -c sollol -f -a '(__sollol_complete)'
