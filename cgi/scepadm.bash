# scepadm.bash - completion for scepadm(8).
#
# Knows no noun, verb or option: `scepadm -h` says them.  What stands for a
# value there says what may be offered: DIR, FILE, P (a profile of the
# configuration), CA (of it), TYPE (of a key), KIND (of a client), RIGHT (of an
# API key), EVENT (of a notice), ALG and KID (of token keys), REASON (of a
# revocation), STATE and FIELD (of lists), ID and SERIAL (what the server has; of
# many challenges, notices or certificates, some).

# One line a verb: noun, TAB, verb (one word, two, or nothing), TAB, the rest of
# its usage.
_scepadm_usage()
{
	"$1" -h 2>/dev/null | awk '
	function flush() { if (entry != "") print entry; entry = "" }
	/^ *(usage: )?scepadm / {
		flush()
		sub(/^ *(usage: )?scepadm +/, "")
		while (sub(/^\[[^]]*\] +/, ""))
			;
		noun = $1
		verb = ""
		sub(/^[^ ]+ */, "")
		while ($1 ~ /^[a-z][a-z-]*$/) {
			verb = verb (verb == "" ? "" : " ") $1
			sub(/^[^ ]+ */, "")
		}
		entry = noun "\t" verb "\t" $0
		next
	}
	{ entry = entry " " $0 }
	END { flush() }'
}

# The words of a usage, each closing of something as a ";".
_scepadm_words()
{
	printf '%s\n' "$1" | sed 's/[]|)]/ ; /g; s/[[(]/ /g; s/\.\.\./ /g; s/<.*//'
}

# What stands for the value of option $2 in usage $1; nothing for a flag.
_scepadm_value_of()
{
	local word found=

	for word in $(_scepadm_words "$1"); do
		if [[ -n $found ]]; then
			[[ $word == [\;-]* ]] || printf '%s\n' "$word"
			return
		fi
		[[ $word == "$2" ]] && found=1
	done
}

# What stands for operands: words that are no option's value.
_scepadm_operands()
{
	local word option=

	for word in $(_scepadm_words "$1"); do
		case $word in
		-*)	option=1 ;;
		\;)	option= ;;
		*)	[[ -n $option ]] || printf '%s\n' "$word"
			option= ;;
		esac
	done
}

# The ids or serials in a list that the server gives quickly.
_scepadm_list()		# SCEPADM CONF NOUN KEY [OPTION...]
{
	local conf=() noun=("$3")

	[[ -n $2 ]] && conf=(-c "$2")
	[[ $3 == token ]] && noun=(token key)
	timeout 2 "$1" "${conf[@]}" "${noun[@]}" list --json "${@:5}" 2>/dev/null |
	    grep -o "\"$4\": *\"[^\"]*\"" | sed 's/.*"\([^"]*\)"$/\1/'
}

_scepadm_sections()	# KIND CONF
{
	sed -n 's/^[[:blank:]]*\[[[:blank:]]*'"$1"'[[:blank:]]\{1,\}\([^]]*[^][:blank:]]\)[[:blank:]]*\].*/\1/p' \
	    "${2:-${SCEP_CONF:-/etc/scep/scep.conf}}" 2>/dev/null
}

_scepadm_offer()	# CUR WORD...: those that begin with CUR
{
	local word

	COMPREPLY=()
	for word in "${@:2}"; do
		[[ $word == "$1"* ]] && COMPREPLY+=("$word")
	done
}

# A value that is called $1 in the usage.
_scepadm_complete_value()	# NAME CUR SCEPADM CONF NOUN
{
	case $1 in
	DIR | DIRECTORY)
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -d -- "$2") ;;
	F | FILE | PATH)
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -f -- "$2") ;;
	P | PROFILE)
		_scepadm_offer "$2" $(_scepadm_sections profile "$4") ;;
	CA)
		_scepadm_offer "$2" $(_scepadm_sections ca "$4") ;;
	RIGHT,)
		_scepadm_offer "$2" challenge:add request:approve \
		    request:list request:refuse ;;
	ALG)
		_scepadm_offer "$2" ed25519 hmac ;;
	TYPE)
		_scepadm_offer "$2" rsa:2048 rsa:3072 rsa:4096 ec:p256 ec:p384
		;;
	EVENT)
		_scepadm_offer "$2" expired issued queued refused revoked ;;
	KIND)
		_scepadm_offer "$2" apple certmonger cisco scepclient sscep \
		    strongswan text windows wpa ;;
	KID)
		_scepadm_offer "$2" $(_scepadm_list "$3" "$4" token id) ;;
	ID)
		if [[ $5 == challenge || $5 == notice ]]; then
			_scepadm_offer "$2" $(_scepadm_list "$3" "$4" "$5" id \
			    --limit 1000)
		else
			_scepadm_offer "$2" $(_scepadm_list "$3" "$4" "$5" id)
		fi ;;
	SERIAL)
		_scepadm_offer "$2" $(_scepadm_list "$3" "$4" cert serial \
		    --limit 1000) ;;
	REASON)
		_scepadm_offer "$2" affiliationChanged cessationOfOperation \
		    keyCompromise privilegeWithdrawn superseded unspecified ;;
	STATE)
		if [[ $5 == challenge ]]; then
			_scepadm_offer "$2" early expired frozen live revoked \
			    used
		elif [[ $5 == request ]]; then
			_scepadm_offer "$2" expired pending
		else
			_scepadm_offer "$2" valid expired live revoked \
			    unconfirmed
		fi ;;
	FIELD)
		_scepadm_offer "$2" expires issued profile serial subject ;;
	esac
}

_scepadm()
{
	local cur prev words cword i conf= noun= verb= nouns verbs usage value
	local rest=()

	COMPREPLY=()
	_get_comp_words_by_ref -n : cur prev words cword || return
	for ((i = 1; i < cword; i++)); do
		if [[ ${words[i]} == -c && -z $noun ]]; then
			conf=${words[++i]}
			conf=${conf/#\~\//$HOME/}
		elif [[ ${words[i]} == -* ]]; then
			:
		elif [[ -z $noun ]]; then
			noun=${words[i]}
		else
			rest+=("${words[i]}")
		fi
	done
	usage=$(_scepadm_usage "$1")
	if [[ -z $noun ]]; then
		nouns=$(cut -f1 <<<"$usage" | uniq)
		if [[ $prev == -c ]]; then
			_scepadm_complete_value FILE "$cur"
		else
			_scepadm_offer "$cur" $nouns -c -h
		fi
		return
	fi
	verbs=$(awk -F'\t' -v n="$noun" '$1 == n && $2 != "" { print $2 }' \
	    <<<"$usage")
	# Words, until they are a verb: what may be the next one is offered.
	for ((i = 0; i < ${#rest[@]}; i++)); do
		grep -q -x -e "$verb" <<<"$verbs" && break
		verb="${verb:+$verb }${rest[i]}"
	done
	if [[ -n $verbs ]] && ! grep -q -x -e "$verb" <<<"$verbs"; then
		_scepadm_offer "$cur" $(awk -v v="${verb:+$verb }" \
		    'index($0, v) == 1 { $0 = substr($0, length(v) + 1)
		    print $1 }' <<<"$verbs" | uniq) \
		    $([[ -n $verb ]] || echo -h)
		return
	fi
	[[ -n $verbs ]] || verb=
	usage=$(awk -F'\t' -v n="$noun" -v v="$verb" \
	    '$1 == n && $2 == v { print $3 }' <<<"$usage")
	[[ -n $usage ]] || return
	if [[ $prev == --* ]] && value=$(_scepadm_value_of "$usage" "$prev") &&
	    [[ -n $value ]]; then
		_scepadm_complete_value "$value" "$cur" "$1" "$conf" "$noun"
	elif [[ $cur == -* ]]; then
		_scepadm_offer "$cur" -h $(_scepadm_words "$usage" |
		    grep -o -E -e '--[a-z0-9-]+')
	else
		for value in $(_scepadm_operands "$usage"); do
			_scepadm_complete_value "$value" "$cur" "$1" \
			    "$conf" "$noun"
		done
		[[ -n ${COMPREPLY[*]} ]] || _scepadm_offer "$cur" \
		    $(_scepadm_words "$usage" | grep -o -E -e '--[a-z0-9-]+')
	fi
	__ltrim_colon_completions "$cur"
}

complete -F _scepadm scepadm
