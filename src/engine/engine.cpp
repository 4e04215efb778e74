// SPDX-License-Identifier: Apache-2.0
#include <engine/engine.h>

#include <atomic>
#include <engine/call_headers.h>
#include <engine/self_test.h>
#include <engine/switchboard.h>
#include <engine/target.h>
#include <engine/tls.h>
#include <future>
#include <sip/uri.h>
#include <sofia-sip/sofia_features.h>

namespace engine {

namespace {

constexpr auto kFarewell = std::chrono::milliseconds(1800); // the contract says 2 s, joins included

} // namespace

class Engine::Impl
{
public:
    Impl(Options given, base::Inbox<base::Packet> &packets, Listener &hearer)
        : options(std::move(given)), sink(packets), listener(hearer)
    {
    }

    base::Result<void> open() // on the loop
    {
        report = testTap();
        if (!report.works)
            return base::fail(base::ErrorCode::Internal, report.sentence);
        auto made = Agent::open(*loop, options, sink);
        if (!made)
            return tl::unexpected(made.error());
        agent = std::move(*made);
        board = std::make_unique<Switchboard>(*loop, options, *agent, listener,
                                              [this] { return newCall(); });
        return {};
    }
    void close() // on the loop; ends it
    {
        board.reset();
        agent.reset();
        loop->end();
    }
    CallHandle newCall() { return CallHandle{nextCall++}; }
    template <class Work> void post(Work work)
    {
        loop->post([this, work = std::move(work)]() mutable {
            if (board)
                work(*board);
        });
    }

    const Options options;
    base::Inbox<base::Packet> &sink;
    Listener &listener;
    TapReport report;
    std::atomic<std::uint32_t> nextCall{1}, nextAccount{1}, nextProbe{1};
    std::unique_ptr<Agent> agent;
    std::unique_ptr<Switchboard> board;
    std::unique_ptr<SuLoop> loop; // last: joined before the others go
};

Engine::Engine() = default;

base::Result<std::unique_ptr<Engine>> Engine::open(Options options, base::Inbox<base::Packet> &sink,
                                                   Listener &listener)
{
    std::unique_ptr<Engine> engine(new Engine);
    engine->m_impl = std::make_unique<Impl>(std::move(options), sink, listener);
    Impl &impl = *engine->m_impl;
    auto loop = SuLoop::start();
    if (!loop)
        return tl::unexpected(loop.error());
    impl.loop = std::move(*loop);
    std::promise<base::Result<void>> opened;
    auto answer = opened.get_future();
    impl.loop->post([&impl, &opened] { opened.set_value(impl.open()); });
    if (auto result = answer.get(); !result)
        return tl::unexpected(result.error());
    return engine;
}

Engine::~Engine()
{
    if (!m_impl || !m_impl->loop)
        return;
    Impl &impl = *m_impl;
    impl.loop->post([&impl] {
        if (!impl.board)
            return impl.close();
        // Not from inside the switchboard's own timer: the last step destroys it.
        impl.board->shutDown(kFarewell, [&impl] { impl.loop->post([&impl] { impl.close(); }); });
    });
    impl.loop->join();
}

CallHandle Engine::place(CallRequest request)
{
    const CallHandle handle = m_impl->newCall();
    m_impl->post([handle, request = std::move(request)](Switchboard &board) mutable {
        board.place(handle, std::move(request));
    });
    return handle;
}

void Engine::locate(CallRequest request, std::function<void(base::Result<std::vector<Hop>>)> done)
{
    m_impl->post([request = std::move(request), done = std::move(done)](
                     Switchboard &board) mutable { board.locate(request, std::move(done)); });
}

void Engine::hangUp(CallHandle call)
{
    m_impl->post([call](Switchboard &board) {
        if (Call *found = board.call(call))
            found->hangUp();
    });
}

void Engine::ring(CallHandle call, int status, std::string sdp, bool reliable)
{
    m_impl->post([call, status, sdp = std::move(sdp), reliable](Switchboard &board) {
        if (Call *found = board.call(call))
            found->ring(status, sdp, reliable);
    });
}

void Engine::mayAnswer(CallHandle call, std::string able)
{
    m_impl->post([call, able = std::move(able)](Switchboard &board) {
        if (Call *found = board.call(call))
            found->mayAnswer(able);
    });
}

void Engine::answer(CallHandle call, std::string sdp)
{
    m_impl->post([call, sdp = std::move(sdp)](Switchboard &board) {
        if (Call *found = board.call(call))
            found->answer(sdp);
    });
}

void Engine::decline(CallHandle call, int status)
{
    m_impl->post([call, status](Switchboard &board) {
        if (Call *found = board.call(call))
            found->decline(status);
    });
}

void Engine::redirect(CallHandle call, std::string contact)
{
    m_impl->post([call, contact = std::move(contact)](Switchboard &board) {
        if (Call *found = board.call(call))
            found->redirect(contact);
    });
}

void Engine::hold(CallHandle call, bool on, bool byUpdate)
{
    m_impl->post([call, on, byUpdate](Switchboard &board) {
        if (Call *found = board.call(call))
            found->hold(on, byUpdate);
    });
}

void Engine::sendInfo(CallHandle call, std::string contentType, std::string body)
{
    m_impl->post([call, type = std::move(contentType), body = std::move(body)](Switchboard &board) {
        if (Call *found = board.call(call))
            found->sendInfo(type, body);
    });
}

void Engine::transfer(CallHandle call, std::string target, CallHandle with)
{
    m_impl->post([call, target = std::move(target), with](Switchboard &board) {
        board.transfer(call, target, with);
    });
}

ProbeHandle Engine::probe(ProbeRequest request)
{
    const ProbeHandle handle{m_impl->nextProbe++};
    m_impl->post([handle, request = std::move(request)](Switchboard &board) {
        board.probes().start(handle, request);
    });
    return handle;
}

AccountHandle Engine::addAccount(Account account)
{
    const AccountHandle handle{m_impl->nextAccount++};
    m_impl->post([handle, account = std::move(account)](Switchboard &board) mutable {
        board.registrations().add(handle, std::move(account));
    });
    return handle;
}

base::Result<void> Engine::setTls(TlsOptions tls)
{
    if (const auto ok = checkTls(tls); !ok)
        return ok;
    m_impl->post([tls = std::move(tls)](Switchboard &board) { board.setTls(tls); });
    return {};
}

void Engine::removeAccount(AccountHandle account)
{
    m_impl->post([account](Switchboard &board) { board.removeAccount(account); });
}

void Engine::reRegister(AccountHandle account, std::uint32_t regId)
{
    m_impl->post(
        [account, regId](Switchboard &board) { board.registrations().reRegister(account, regId); });
}

void Engine::drill(AccountHandle account, std::uint32_t regId, Drill what)
{
    m_impl->post([account, regId, what](Switchboard &board) {
        board.registrations().drill(account, regId, what);
    });
}

void Engine::ping(AccountHandle account, std::uint32_t regId)
{
    m_impl->post(
        [account, regId](Switchboard &board) { board.registrations().ping(account, regId); });
}

void Engine::disowned(AccountHandle account, std::uint32_t regId, std::string why, bool named)
{
    m_impl->post([account, regId, why = std::move(why), named](Switchboard &board) {
        board.registrations().disowned(account, regId, why, named);
    });
}

void Engine::leaveAlone(AccountHandle account, std::uint32_t regId, base::Duration silence)
{
    m_impl->post(
        [=](Switchboard &board) { board.registrations().leaveAlone(account, regId, silence); });
}

base::Result<base::Address> Engine::localAddressFor(const std::string &target,
                                                    const std::string &proxy) const
{
    const auto next = proxy.empty() ? checkedUri(target, "target") : checkedUri(proxy, "proxy");
    if (!next)
        return tl::unexpected(next.error());
    return localAddressTowards(std::string(sip::parseUri(*next).host), m_impl->options);
}

base::Result<base::Address> Engine::localAddressFor(const CallRequest &request) const
{
    const auto plan = planCall(request);
    if (!plan)
        return tl::unexpected(plan.error());
    const auto hop =
        request.hops.empty() ? literalHop(plan->wanted) : std::optional(request.hops.front());
    return localAddressOf(request, m_impl->options, hop, plan->wanted.host);
}

base::Result<void> Engine::check(const CallRequest &request)
{
    if (const auto extra = headerLines(request.extras.headers); !extra)
        return tl::unexpected(extra.error());
    if (const auto body = inviteBody(request); !body)
        return tl::unexpected(body.error());
    const auto plan = planCall(request);
    if (!plan)
        return tl::unexpected(plan.error());
    if (const auto address =
            localAddressOf(request, {}, literalHop(plan->wanted), plan->wanted.host);
        !address && address.error().code == base::ErrorCode::BadInput)
        return tl::unexpected(address.error());
    return {};
}

base::Result<void> Engine::checkTransfer(const std::string &target, bool allowNumber)
{
    const auto uri = transferTarget(target, allowNumber);
    return uri ? base::Result<void>{} : tl::unexpected(uri.error());
}

const TapReport &Engine::tap() const
{
    return m_impl->report;
}

base::Loop &Engine::loop()
{
    return *m_impl->loop;
}

std::string sofiaVersion()
{
    const std::string name = sofia_sip_name_version; // of the library that runs, not of its headers
    return name.substr(name.find('/') + 1);
}

} // namespace engine
