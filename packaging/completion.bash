# Bash completion for belfryd, belfry, belfryctl, belfry-gate and belfry-replica. It reads options and commands from --help.

# Prints the names of all options, without dashes.
_belfry_options() {
    "$1" --help 2>/dev/null | sed -nE 's/^  --([a-z-]+).*/\1/p'
}

# Prints the name that --help gives to the value of an option; prints nothing for a switch.
_belfry_value_name() {
    "$1" --help 2>/dev/null | sed -nE "s/^  --$2 ([^ ]+)( .*)?$/\1/p"
}

_belfry_commands() {
    "$1" --help 2>/dev/null | sed -nE 's/^  ([a-z][a-z-]*)( .*)?$/\1/p' | sort -u
}

# Prints the second words of commands that have two, such as `client add`.
_belfry_second_words() {
    "$1" --help 2>/dev/null | sed -nE "s/^  $2 ([a-z]+)( .*)?$/\1/p"
}

# Prints the values of an option that has only a few.
_belfry_words() {
    case $1 in
        color) echo auto always never ;;
        durability) echo commit async memory ;;
        log-level) echo error warning info debug ;;
        log-format) echo text json ;;
        web-tls) echo on off ;;
    esac
}

_belfry() {
    local program=$1 cur=$2 prev=$3 name dashes
    COMPREPLY=()

    # Completes the value of an option that takes one. Options take one dash or two, and _ and - are the same.
    if [[ $prev == -* ]]; then
        name=${prev#-}
        name=${name#-}
        name=${name//_/-}
        case $(_belfry_value_name "$program" "$name") in
            '') ;;
            FILE) mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
            DIR) mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
            *) mapfile -t COMPREPLY < <(compgen -W "$(_belfry_words "$name")" -- "$cur"); return ;;
        esac
    fi

    case $cur in
        - | --*) dashes=-- ;;
        -*) dashes=- ;;
    esac
    if [[ -n $dashes ]]; then
        name=${cur#-}
        name=${name#-}
        mapfile -t COMPREPLY < <(compgen -P "$dashes" -W "$(_belfry_options "$program")" -- "${name//_/-}")
    elif [[ $prev == import || $prev == backup ]]; then
        mapfile -t COMPREPLY < <(compgen -f -- "$cur")
    elif [[ $prev == client || $prev == cluster ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$(_belfry_second_words "$program" "$prev")" -- "$cur")
    elif [[ $program == *belfry-replica ]]; then
        mapfile -t COMPREPLY < <(compgen -W "run join check reseed add" -- "$cur")
    else
        mapfile -t COMPREPLY < <(compgen -W "$(_belfry_commands "$program")" -- "$cur")
    fi
}

complete -o filenames -F _belfry belfryd belfry belfryctl belfry-gate belfry-replica
