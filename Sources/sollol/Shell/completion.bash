# Completion for bash: source <(sollol completion bash), for example in ~/.bashrc.
# What may stand there is what sollol itself says, by the table that parses its command line.
# It reads COMP_WORDS and COMP_CWORD and sets COMPREPLY, as bash(1) has it.
_sollol() {
    local candidate files=
    COMPREPLY=()
    while IFS=$'\t' read -r candidate _; do
        case $candidate in
        :files) files=1 ;;
        *) COMPREPLY+=("$candidate") ;;
        esac
    done < <("${COMP_WORDS[0]/#\~\//$HOME/}" complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
    if [ -n "$files" ]; then
        compopt -o filenames 2>/dev/null
        while IFS= read -r candidate; do
            COMPREPLY+=("$candidate")
        done < <(compgen -f -- "${COMP_WORDS[COMP_CWORD]}")
    fi
}
complete -F _sollol sollol
