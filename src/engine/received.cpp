// SPDX-License-Identifier: Apache-2.0
#include <engine/received.h>

#include <sys/socket.h>

namespace engine {

namespace {

std::string textOf(msg_t *message)
{
    if (message == nullptr)
        return {};
    su_home_t home[1] = {SU_HOME_INIT(home)};
    su_home_init(home);
    std::size_t length = 0;
    const char *text = msg_as_string(home, message, nullptr, 0, &length);
    std::string out = text != nullptr ? std::string(text, length) : std::string();
    su_home_deinit(home);
    return out;
}

base::Endpoint sourceOf(msg_t *message)
{
    const su_sockaddr_t *address = message != nullptr ? msg_addr(message) : nullptr;
    return address != nullptr ? base::Endpoint::of(&address->su_sa) : base::Endpoint{};
}

struct RequestOf {
    explicit RequestOf(nta_incoming_t *request) : message(nta_incoming_getrequest(request)) {}
    ~RequestOf()
    {
        if (message != nullptr)
            msg_destroy(message);
    }
    msg_t *message;
};

} // namespace

Received::Received(msg_t *source) : text(textOf(source)), from(sourceOf(source))
{
    if (auto parsed = sip::parse(text))
        message = std::move(*parsed);
}

Received::Received(nta_incoming_t *request) : Received(RequestOf(request).message) {}

} // namespace engine
