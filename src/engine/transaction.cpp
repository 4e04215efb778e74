// SPDX-License-Identifier: Apache-2.0
#include <engine/transaction.h>

#include <base/log.h>
#include <cstring>
#include <sip/status.h>

namespace engine {

namespace {

const url_string_t *urlOf(const std::string &text)
{
    return text.empty() ? nullptr : reinterpret_cast<const url_string_t *>(text.c_str());
}

const char *orNull(const std::string &text)
{
    return text.empty() ? nullptr : text.c_str();
}

} // namespace

std::unique_ptr<Transaction> Transaction::start(const RequestSpec &spec, Handler handler)
{
    std::unique_ptr<Transaction> out(new Transaction);
    out->m_handler = std::move(handler);
    su_home_t home[1] = {SU_HOME_INIT(home)};
    su_home_init(home);
    // By length, so that a body with a NUL in it leaves whole.
    const sip_payload_t *payload =
        spec.body.empty()
            ? nullptr
            : sip_payload_create(home, spec.body.data(), static_cast<isize_t>(spec.body.size()));
    out->m_outgoing = nta_outgoing_tcreate(
        spec.leg, replied, out.get(), urlOf(spec.route), sip_method_code(spec.method), spec.method,
        urlOf(spec.uri), SIPTAG_HEADER_STR(orNull(spec.headers)),
        SIPTAG_CONTENT_TYPE_STR(orNull(spec.contentType)),
        TAG_IF(payload != nullptr, SIPTAG_PAYLOAD(payload)),
        TAG_IF(spec.transport != nullptr, NTATAG_TPORT(spec.transport)),
        TAG_IF(spec.ident != nullptr && spec.transport == nullptr, TPTAG_IDENT(spec.ident)),
        TAG_IF(spec.fresh, TPTAG_FRESH(1)), TAG_IF(spec.ownVia, NTATAG_USER_VIA(1)),
        TAG_IF(!spec.branch.empty(), NTATAG_BRANCH_KEY(spec.branch.c_str())), TAG_END());
    su_home_deinit(home);
    if (out->m_outgoing == nullptr) {
        base::log(base::LogLevel::Warning, "engine", "sofia-sip did not take a {} request",
                  spec.method);
        return nullptr;
    }
    return out;
}

Transaction::~Transaction()
{
    if (m_outgoing != nullptr)
        nta_outgoing_destroy(m_outgoing);
}

std::string Transaction::branch() const
{
    const char *text = nta_outgoing_branch(m_outgoing);
    if (text == nullptr)
        return {};
    return std::strncmp(text, "branch=", 7) == 0 ? text + 7 : text;
}

int Transaction::replied(Transaction *self, nta_outgoing_t *outgoing, const sip_t *sip) noexcept
{
    Reply reply;
    msg_t *response = nta_outgoing_getresponse(outgoing);
    const Received received(response);
    reply.received = &received;
    reply.begun = self->m_begun;
    reply.sip = sip;
    reply.status = sip != nullptr && sip->sip_status != nullptr ? sip->sip_status->st_status
                                                                : nta_outgoing_status(outgoing);
    reply.local = sip == nullptr || nta_sip_is_internal(sip) != 0;
    if (sip != nullptr && sip->sip_status != nullptr && sip->sip_status->st_phrase != nullptr)
        reply.phrase = sip->sip_status->st_phrase;
    if (reply.phrase.empty() && reply.local)
        reply.phrase = sip::phrase(reply.status);
    self->m_finished = self->m_finished || reply.status >= 200;
    const Handler handler = self->m_handler; // the handler may destroy the transaction
    if (handler)
        handler(reply);
    if (response != nullptr)
        msg_destroy(response);
    return 0;
}

std::vector<std::string_view> challengesOf(const Reply &reply)
{
    std::vector<std::string_view> out;
    const auto id =
        reply.status == 407 ? sip::HeaderId::ProxyAuthenticate : sip::HeaderId::WwwAuthenticate;
    for (const auto &header : reply.message().headers)
        if (header.id == id)
            out.push_back(header.value);
    return out;
}

bool TransactionPool::start(const RequestSpec &spec, Transaction::Handler handler)
{
    std::erase_if(m_running, [](const auto &each) { return each->finished(); });
    auto transaction = Transaction::start(spec, std::move(handler));
    if (!transaction)
        return false;
    m_running.push_back(std::move(transaction));
    return true;
}

bool TransactionPool::busy() const
{
    for (const auto &each : m_running)
        if (!each->finished())
            return true;
    return false;
}

} // namespace engine
