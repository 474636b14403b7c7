/* room: effects
 * The seam: the only way in which belay touches the world.
 *
 * An effect is a kind, a mode and a JSON value; its answer is a JSON value. One function performs
 * all of them, so that live, dry run, record and replay are decorators of that one function and no
 * caller knows which of them is behind it:
 *
 *     caller → dryrun? → record? → redact → live            (an ordinary run)
 *     caller → replay                                       (`belay replay TAPE`)
 *
 * Lanes. Concurrent work runs in named lanes ("check/api-health", "host/web1"). Within a lane
 * effects are performed in order; a tape is matched lane by lane, so a replay does not depend on
 * how threads happened to interleave. effects_fan_out() is the only way to get concurrency.
 *
 * Secrets never cross the seam upwards or downwards: arguments carry *references*,
 * {"$secret": {"env": NAME}} or {"$secret": {"file": PATH}}, optionally with "prefix"/"suffix"
 * text beside "$secret" members ("optional": true beside it: an optional member that counts as absent when the secret is
 * missing; of STORE's session_token so far), or {"$secret": {"oidc": {"audience": TEXT}}}, the token that GitHub
 * gives this job (permissions: id-token: write); live resolves them for the duration of one call, and redact scrubs
 * every answer and error of every secret value that was ever resolved in this process. Only what must come back byte for
 * byte is not scrubbed ([exact] below: digests, signatures, what lies in a store, documents of the journal): a value may be in it by chance. Who
 * shows or keeps words of it scrubs them (effects_redact_text); on a tape they are scrubbed.
 *
 * A hypothetical world. A dry run does not perform acts; it notes them and answers as if they had
 * succeeded. From the first noted act on, observations that look at the changed world cannot be
 * true any more, so they are not made either: their answer is {"assumed": true} (kinds marked
 * [world] below), nor is slept. What a lane notes counts for that lane, the lanes below it and what
 * follows their fan-out, not for lanes beside it. Callers treat an assumed answer as success without
 * data.
 *
 * Failing. An effect returns -1 when it could not be performed (bad arguments, missing secret,
 * host key mismatch, unreachable host for ssh/git, cancelled). A *probe* (http, tcp, tls) that gets
 * no answer from its target is an observation, not an error: the answer has "error".
 *
 * Kinds, their arguments ("?" = optional) and answers. Times are milliseconds, sizes bytes.
 *
 *   clock    {}                                → {now_ms, mono_ms}
 *   sleep    {ms}                              → {}            ERR_CANCELLED when interrupted
 *   random   {}                                → {hex}         16 hexadecimal digits
 *   env      {name}                            → {value}       string or null; never for secrets
 *   secret   {"$secret"}                       → {present}     usable right now? (env set and not
 *                                                              empty; file readable, not empty)
 *   mask     {"$secret"}                       → {masked}      tells GitHub's runner to hide the
 *               value in its log: workflow commands `::add-mask::` on standard output, one a line,
 *               the only place where a value is ever printed. masked: how many lines; 0 when the
 *               secret is not there.
 *   system   {}                                → {hostname, user, pid, os, cores}
 *   file.read   {path, max_bytes}              → {text} or {base64}; ERR_NOT_FOUND
 *   file.stat   {path}                         → {type: file|directory|link|other|missing,
 *                                                 size_bytes, modified_ms}
 *   file.real   {path}                         → {path}        absolute, links followed, also when it
 *                                                              is not there (yet)
 *   file.list   {path}                         → {names: [..sorted]}
 *   file.write  {path, text, mode, exclusive?} → {}            act; temporary file, fsync, rename;
 *                                                              creates parent directories
 *   file.append {path, text}                   → {}            act; never replaces what is there;
 *                                                              works on after a cancellation
 *   artifact [disk] {path}                     → {format: tar|tar.gz|tar.zst|directory, sha256,
 *                                                 size_bytes, entries, unpacked_bytes}
 *               ERR_CONFIG when it is no archive or an entry escapes (absolute, "..", link target
 *               outside, hard link outside) or is a device. A directory is described as the
 *               deterministic tar that an upload of it would send.
 *   scratch.make {directory?}                  → {path}        act; an empty directory for this process only,
 *                                                              in `directory` (made when missing; else the system's place)
 *   scratch.remove {path}                      → {}            act; with all that is in it; only what scratch.make
 *                                                              made here; works on after a cancellation
 *   http [world unless the method is an act]
 *            {method, url, headers: {name: text|secret}, body?: text, json?: any,
 *             json_secrets?: {name: secret}, timeout_ms,
 *             connect_timeout_ms?, max_redirects, max_body_bytes, max_header_bytes,
 *             basic?: {user, password: secret}, resolve?: {"host:port": address},
 *             sign?: {header, secret, prefix?, timestamp_header?},
 *             tls?: {verify, ca_file, ca: text|secret, server_name, min_version: "1.2"|"1.3",
 *                    certificate: path, key: secret}}
 *          → {status, headers: {lowercase: text}, body: any, body_bytes, truncated, latency_ms,
 *             name_ms, connect_ms, tls_ms, first_byte_ms, remote_address, http_version, url,
 *             redirects, error?: {code, message}}
 *            body: parsed when it is JSON, else text, {"base64": ..} when it is not UTF-8.
 *            error.code: no_network (this machine has no way there) | dns | refused | timeout |
 *            reset | tls | too_large | redirects | protocol
 *            (then status is 0 and body is null; only a body cut at max_body_bytes keeps status
 *            and its beginning: truncated is true and error.code too_large).
 *            sign: the header gets prefix + hex HMAC-SHA256 of the body as sent, keyed with the secret
 *            (with timestamp_header: of "SECONDS.BODY", and that header gets the seconds).
 *            json_secrets: members that `json`, an object, gets before it is sent. Nothing inside of
 *            `json` is ever taken for a reference: it may hold what strangers wrote.
 *            `url` may be a secret as well (a webhook's): then no answer and no message shows it.
 *            name_ms, connect_ms and tls_ms are the phases of the last request, 0 for those that a
 *            reused connection saves; first_byte_ms counts from its start, latency_ms is all.
 *   mail     {server, port, security: none|starttls|tls, user?, password?: secret, from, to: [..],
 *             cc?: [..], reply_to?, subject, text, html?, headers?: {name: text}, message_id?, date_ms,
 *             timeout_ms, tls? (as of http)}
 *          → {accepted: [..], refused: [{address, status, message}], reply}    act
 *            One message in UTF-8, built and sent by SMTP. An error when it was not sent to anybody:
 *            ERR_NET when that may pass (4xx, not reachable), ERR_FAIL for a 5xx, ERR_AUTH for a
 *            password that is not accepted. A password needs TLS.
 *   tcp [world] {host, port, timeout_ms, send?: text, read_bytes?}
 *          → {connected, latency_ms, remote_address, received?, error?: {code, message}}
 *   tls [world] {host, port, server_name?, timeout_ms, ca_file?, ca?}
 *          → {connected, latency_ms, days_left, not_before, not_after, subject, issuer,
 *             names: [..], name_match, chain_valid, chain_error, protocol, cipher, key_type,
 *             key_bits, fingerprint_sha256, error?: {code, message}}
 *   acknowledge {}                             → {cancelled}   behind effects_acknowledge_cancel();
 *                                                              an effect, so that tapes hold it
 *   run [world] {shell: text | argv: [..], env?: {name: text|secret}, directory?, stdin?,
 *             timeout_ms, max_output_bytes}
 *          → {exit, signal, timed_out, stdout, stderr, truncated, duration_ms}
 *   ssh.run [world] {host: HOST, command, stdin?: {text} | {artifact: path} | {file: path},
 *             timeout_ms, max_output_bytes}
 *          → {exit, signal, timed_out, stdout, stderr, truncated, duration_ms}
 *            HOST is {name, user, address, port, key?: secret, passphrase?: secret,
 *            certificate?: path, known_hosts?: secret|{file}, agent?: bool, connect_timeout_ms};
 *            connections are kept within the process, one for each host and lane. ERR_AUTH with
 *            both fingerprints for an unknown or changed host key; host certificates are not
 *            supported. A directory as artifact is sent as an uncompressed tar stream.
 *            Of run and ssh.run: exit is null when a signal or the deadline ended the command,
 *            signal ("KILL") is null otherwise. max_output_bytes holds for each stream; of a longer
 *            one the beginning and the end are kept, with a line between them that says how much
 *            was left out. Bytes that are not UTF-8 become U+FFFD.
 *   object.list [world] [exact] {store: STORE, prefix} → {objects: [{name, size_bytes, modified_ms}], warning}
 *            By name. warning: a sentence on what the store cannot promise, or null.
 *   object.read [world] [exact] {store, name, max_bytes} → {text|base64, sha256}; ERR_NOT_FOUND, ERR_LIMIT
 *            sha256 is of what lies there: in a replay the text may have masks.
 *   object.head [world]  {store, name}            → {size_bytes, modified_ms, sha256|null}; ERR_NOT_FOUND
 *   object.write  {store, name, text}             → {sha256}    act; ERR_FAIL with sys_errno EEXIST when
 *            the name is taken by something else than this text, which an earlier try may have written
 *   object.remove {store, name}                   → {}          act; one that is gone is no error
 *   object.unfinished [world] {store, prefix}     → {uploads: [{name, id, begun_ms}]}
 *   object.abandon    {store, name, id}           → {}          act; `name` may be "" when it was lost, as
 *            object.unfinished says it then; one that is gone is no error
 *            STORE is {name, directory: path, mode?} | {name, ssh: HOST, path} | {name, s3: {endpoint, bucket,
 *            prefix?, region?, virtual_host?, access_key: text|secret, secret_key: secret,
 *            session_token?: secret, web_identity?: {role, token: secret, endpoint?, session?}, profile?:
 *            {name, file}, storage_class?, encryption?, kms_key?, lock?: {mode, until_ms}, checksum?,
 *            ca_file?, timeout_ms?, attempts?}}. `name` is for messages. What is made there is never overwritten.
 *   backup.write {sources: [SOURCE..], kind: "tar"|"stream", pack: {id, level, threads, chunk_bytes},
 *               seal: {recipients: [{name, pem}]} | {passphrase: secret, salt}, stores: [STORE..], object,
 *               mark, timeout_ms}
 *          → {kind, entries, left_out: [{path, reason}], left_out_count, missing: [paths], missing_count,
 *             open_bytes, open_sha256, packed_bytes,
 *             sealed_bytes, chunks_sha256, chunk_bytes, chunks: [sha256..], recipients: [text..],
 *             warnings: [text..], tools: {name: version}, stores: [{name, ok, error?: {code, message,
 *             hint}}], duration_ms}                                                          act
 *            Reads the sources once; packs, seals and uploads to all stores at the same time, in bounded
 *            memory. A source that fails fails the call and leaves nothing that looks finished; a store
 *            that fails is left behind, and only when none is left the call fails. `id`: 32
 *            hexadecimal digits in every chunk; chunk_bytes of the answer: size of all sealed chunks but
 *            the last, the size that was asked for or a few bytes less; chunks_sha256 is of the digests of all
 *            chunks, 32 bytes each.
 *            SOURCE is {directory: path, prefix, include?: [..], exclude?: [..], one_file_system?: bool} |
 *            {files: [paths], may_miss?: bool} | {text, name} | {run: text, name, directory?, env?,
 *            allow_empty?: bool}, each with `host?: HOST`; only a stream is made from a single `run`, which
 *            fails when it prints nothing (but for allow_empty) and when a part of a pipeline fails. All of them
 *            are on the same machine, but for {text}. Patterns: see platform/tree.h. An `include` that chose
 *            nothing is in `warnings`.
 *   backup.read [world]  {store, object, kind, pack: {id}, chunk_bytes, chunks: [sha256..], sealed_bytes,
 *               chunks_sha256, open_bytes, open_sha256, open?: {key: secret, key_passphrase?: secret, certificate} |
 *               {passphrase: secret, salt}, sample?: count, to?: TO, timeout_ms}
 *          → {chunks, sealed_bytes, open_bytes, opened: bool, entries, run?: (as of run), duration_ms}
 *            `certificate` is PEM; of several the one that belongs to the key counts; certificate_name?: where it is from,
 *            for messages.
 *            Without `open` only sealed digests are compared, with it all is opened as well; an act with
 *            `to`: TO is {directory: path, overwrite?: bool} | {file: path, overwrite?} (a stream) |
 *            {run: text, env?, directory?, host?: HOST} (gets the tar or the stream as its standard input: all
 *            sealed digests are compared before it starts, so the store is read twice; and its input ends only when
 *            everything was sent and right: else its process group is killed first). `sample`: only so many
 *            chunks, the first and the last among them. Nothing of a chunk is used before its digest, its
 *            seal and its place in the order were found right.
 *            ERR_STATE: damaged or not this backup; ERR_AUTH: another key; ERR_NOT_FOUND; of `to`:
 *            ERR_FAIL with sys_errno EEXIST (there is something already), ENOSPC; nothing outside the target
 *            is written, whatever the archive says. A new directory appears whole or not at all. ERR_CONFIG, ERR_AUTH
 *            and EEXIST say that the target was not touched.
 *   keygen   {type: p-256|p-384|rsa-3072|rsa-4096, purpose?: "seal"|"sign", name, days, passphrase?: secret,
 *               key_path, certificate_path}   → {fingerprint, certificate}     act; SHA-256 in hexadecimal, PEM
 *            Files are not overwritten (ERR_FAIL with sys_errno EEXIST), there are both or none; the key is
 *            written with mode 0600 and never crosses the seam. A key is for one purpose ("seal" unless said):
 *            its certificate is refused for the other one.
 *   sign     {text, key: secret, key_passphrase?: secret, certificate}  → {signature}   observe: nothing
 *            changes. Detached CMS SignedData (RFC 5652) in PEM.
 *   sign.verify {text, signature, certificates: [pem..]} → {good: bool, signer|null, reason|null}
 *   git.repository {path}                      → {root, origin, head, branch} or null members;
 *                                                 origin without credentials
 *   git.read [exact] {remote: REMOTE, branch}  → {tip, files: {path: text}, commit: COMMIT}
 *                                                 depth-1 fetch; tip null when the branch is absent
 *            (then commit is null too); a file that is no UTF-8 is {"base64": ..}
 *   git.log    {remote: REMOTE, branch, limit?, newest_first?, trees?: bool}
 *                                              → {tip, commits: [COMMIT..]}
 *            COMMIT is {id, parents: [..], subject, body, author, at_ms, tree?: {path: blob id}}
 *   git.log    {remote: REMOTE, branch, page: {from, count, tip?}, trees?: bool}
 *                                              → {tip, total, commits: [COMMIT..]}
 *            A part of a long history, oldest first: `count` commits after the `from` oldest ones.
 *            `tip`, from an earlier answer, asks for the branch as it was then. total: all commits.
 *   git.blobs  {texts: [..]}                   → {ids: [..]}
 *            The object ids that files with these texts have in git. Pure.
 *   git.append {remote: REMOTE, branch, parent: id|null, author: {name, email},
 *               commits: [{subject, body, at_ms, files: {path: text|null}}], again?}
 *                                              → {raced: true} or {raced: false, tip, ids}; act;
 *            compare-and-swap: the remote branch is still at `parent` (absent for null) and moves
 *            to the last new commit, or nothing changes and the answer is raced. `again`: the very same
 *            append failed before (ERR_NET, ERR_TIMEOUT) and may have arrived; when its commits are on
 *            the branch already, that is success. So it may be repeated until it is answered.
 *            REMOTE is {url | path, token?: secret, user?, password?: secret, key?: secret,
 *            passphrase?, known_hosts?, agent?, ca_file?}. A path is opened in place (created bare
 *            when `create` is true) and moved by a ref compare-and-swap.
 */
#ifndef BELAY_EFFECTS_H
#define BELAY_EFFECTS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "belay/err.h"

struct effects; /* one lane of one chain */

enum effect_mode {
	EFFECT_OBSERVE, /* reads */
	EFFECT_ACT,     /* changes something that outlives this process */
};

struct effect {
	const char *kind;
	enum effect_mode mode;
	const json_t *args;  /* borrowed; NULL = {} */
	const char *subject; /* what it touches: "web1", "belay-state"; NULL for none */
	const char *
		summary; /* for people: "point current at releases/9f2c"; required for acts */
	/* Called by live while it works on something long (backup.*), a few times a second, from any
	 * thread but one at a time: what has been read of the source, or written to the target, in
	 * the time since the effect began. `total` -1: not known. Never called by dry run and replay.
	 * NULL: nobody watches. */
	void (*moved)(void *watcher, int64_t done_bytes, int64_t total_bytes,
		      int64_t elapsed_ms);
	void *watcher;
};

/* Performs one effect. *ret_answer is a new reference (may be NULL when the caller does not care).
 * Blocks. Thread-safe between lanes, not within one lane. */
int effects_perform(struct effects *fx, const struct effect *effect, json_t **ret_answer,
		    struct err *err);

/* Runs work(lane, index, context) for index 0..count-1, each in the lane `names[index]` below this
 * one, concurrently (at most 64 at once), and returns when all are done. Errors belong into
 * context, one place for each index. */
void effects_fan_out(struct effects *fx, size_t count, const char *const *names,
		     void (*work)(struct effects *lane, size_t index, void *context),
		     void *context);

/* The last line of what a command says that ended with 0 and left some of the backup unread. */
#define BACKUP_UNREAD "the command ended well, but did not read all of the backup"

/* --- short forms (src/effects/short.c) ---------------------------------------------------- */

/* Wall clock and monotonic clock. On a failed replay the last known time is given and the next
 * effects_perform() reports the divergence. */
int64_t effects_now_ms(struct effects *fx);
int64_t effects_mono_ms(struct effects *fx);
int effects_sleep(struct effects *fx, int64_t duration_ms, struct err *err);
uint64_t effects_random(struct effects *fx);
/* *ret_value: fresh string, or NULL when the variable is not set. */
int effects_env(struct effects *fx, const char *name, char **ret_value, struct err *err);
/* Whole file as text; ERR_NOT_FOUND, ERR_LIMIT, ERR_CONFIG when it is not UTF-8. */
int effects_read_file(struct effects *fx, const char *path, size_t max_bytes,
		      char **ret_text, struct err *err);
int effects_write_file(struct effects *fx, const char *path, const char *text,
		       unsigned mode, bool exclusive, struct err *err);

/* Scrubs a text that did not come scrubbed (what is [exact]; argv) and is to be shown or kept. Fresh. */
char *effects_redact_text(struct effects *fx, const char *text);

/* --- cancellation -------------------------------------------------------------------------- */

/* After SIGINT, SIGTERM or SIGHUP every effect fails with ERR_CANCELLED (an act that has begun is allowed
 * to end, but for commands on this machine and backup.write and backup.read, which are told to; clock,
 * random, env and a few more that harm nobody work on). Whoever has to tidy up says so first: from
 * then on effects work again in this lane and the lanes below it, until a second signal; other lanes
 * stay cancelled until they do the same. True when there was a cancellation to acknowledge. */
bool effects_acknowledge_cancel(struct effects *fx);
/* Has an effect of this lane, or of a lane it fanned out to, failed with ERR_CANCELLED and nobody
 * acknowledged it? A signal shows here once an effect has run into it, so that a replay of the run
 * sees the same. */
bool effects_cancelled(const struct effects *fx);

/* --- the hypothetical world ---------------------------------------------------------------- */

/* Acts noted instead of performed (dry run): [{kind, subject, summary, lane}], in the order in which
 * one thread alone would have come to them. New reference; empty in every other chain. */
json_t *effects_noted(const struct effects *fx);

static inline bool answer_is_assumed(const json_t *answer)
{
	return json_is_true(json_object_get(answer, "assumed"));
}

#endif
