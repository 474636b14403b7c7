/* Shared parts of the network handlers. */
#include "live_net.h"

#include <pthread.h>
#include <stdlib.h>

#include "belay/json.h"
#include "belay/mem.h"
#include "belay/vec.h"
#include "platform/git.h"
#include "platform/http.h"
#include "platform/http_url.h"
#include "platform/trust.h"

#define IDLE_CLIENTS_MAX 16

struct idle_client {
	struct http_client *client;
	char *origin;
};

struct live_net {
	struct trust *trust;
	struct vcs_pool *git;
	pthread_mutex_t lock; /* of idle */
	struct {
		struct idle_client *items;
		size_t count, capacity;
	} idle;
};

static void *net_create(void)
{
	struct live_net *net = mem_new(struct live_net);
	net->trust = trust_new();
	net->git = vcs_pool_new(net->trust);
	pthread_mutex_init(&net->lock, NULL);
	return net;
}

static void net_release(void *context)
{
	struct live_net *net = context;
	vcs_pool_free(net->git);
	for (size_t i = 0; i < net->idle.count; i++) {
		http_client_free(net->idle.items[i].client);
		free(net->idle.items[i].origin);
	}
	free(net->idle.items);
	trust_free(net->trust);
	pthread_mutex_destroy(&net->lock);
	free(net);
}

static struct live_net *net_of(struct live_call *call)
{
	return live_keep(call->live, LIVE_SLOT_GIT, net_create, net_release);
}

struct trust *live_trust(struct live_call *call)
{
	return net_of(call)->trust;
}

struct vcs_pool *live_git_pool(struct live_call *call)
{
	return net_of(call)->git;
}

/* Removes an idle client from the list. Under the lock. */
static struct http_client *take_at(struct live_net *net, size_t index)
{
	struct http_client *client = net->idle.items[index].client;
	free(net->idle.items[index].origin);
	net->idle.items[index] = net->idle.items[--net->idle.count];
	return client;
}

struct http_client *live_http_take(struct live_call *call, const char *origin)
{
	struct live_net *net = net_of(call);
	struct http_client *client = NULL;
	pthread_mutex_lock(&net->lock);
	for (size_t i = 0; i < net->idle.count && !client; i++)
		if (http_url_same_origin(net->idle.items[i].origin, origin))
			client = take_at(net, i);
	if (!client && net->idle.count == IDLE_CLIENTS_MAX)
		client = take_at(net, 0);
	pthread_mutex_unlock(&net->lock);
	return client ? client : http_client_new(net->trust);
}

void live_http_give(struct live_call *call, struct http_client *client,
		    const char *origin)
{
	struct live_net *net = net_of(call);
	struct http_client *surplus = NULL;
	pthread_mutex_lock(&net->lock);
	if (net->idle.count == IDLE_CLIENTS_MAX)
		surplus = take_at(net, 0);
	struct idle_client *idle = vec_push(&net->idle);
	idle->client = client;
	idle->origin = mem_strdup(origin);
	pthread_mutex_unlock(&net->lock);
	http_client_free(surplus);
}

int live_resolve_member(struct live_call *call, const json_t *object, const char *key,
			const char *what, struct secret *ret_secret, struct err *err)
{
	const json_t *value = json_object_get(object, key);
	struct err missing = {0};
	if (!value || json_is_null(value))
		return 0;
	if (json_is_true(json_object_get(value, "optional"))) {
		(void)live_resolve(call, value, what, ret_secret, &missing);
		return 0;
	}
	return live_resolve(call, value, what, ret_secret, err);
}

int live_read_tls(struct live_call *call, const json_t *tls, struct live_tls *owner,
		  struct http_tls *ret, struct err *err)
{
	const char *minimum = json_get_string(tls, "min_version", "1.2");
	if (!str_equal(minimum, "1.2") && !str_equal(minimum, "1.3"))
		return err_set(err, ERR_CONFIG, "'tls.min_version' must be 1.2 or 1.3");
	if (live_resolve_member(call, tls, "ca", "CA certificate", &owner->ca, err) < 0 ||
	    live_resolve_member(call, tls, "key", "client key", &owner->key, err) < 0)
		return -1;
	*ret = (struct http_tls){
		.insecure = !json_get_bool(tls, "verify", true),
		.ca_file = json_get_string(tls, "ca_file", NULL),
		.extra_ca = owner->ca.data,
		.server_name = json_get_string(tls, "server_name", NULL),
		.at_least_1_3 = str_equal(minimum, "1.3"),
		.certificate = json_get_string(tls, "certificate", NULL),
		.key = owner->key.data,
		.key_len = owner->key.len,
	};
	return 0;
}

void live_tls_release(struct live_tls *owner)
{
	secret_release(&owner->ca);
	secret_release(&owner->key);
}

int live_need_string(const json_t *object, const char *key, const char *kind,
		     const char **ret, struct err *err)
{
	const char *value = json_get_string(object, key, NULL);
	if (!value || !*value)
		return err_set(err, ERR_CONFIG, "%s needs '%s'", kind, key);
	*ret = value;
	return 0;
}

json_t *live_error_new(const char *code, const char *message)
{
	json_t *error = json_object();
	json_object_set_new(error, "code", json_string(code));
	json_t *text = json_string(message);
	json_object_set_new(error, "message",
			    text ? text : json_string("(not readable)"));
	return error;
}
