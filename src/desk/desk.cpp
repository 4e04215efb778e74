// SPDX-License-Identifier: Apache-2.0
#include <desk/desk.h>

#include <base/text.h>
#include <cctype>
#include <desk/impl.h>
#include <desk/offer.h>
#include <filesystem>
#include <fmt/format.h>
#include <sip/uri.h>

namespace desk {
namespace {

base::Result<void> checkUri(const std::string &text, const char *what)
{
    const auto uri = sip::parseUri(text);
    const bool known =
        base::equalsNoCase(uri.scheme, "sip") || base::equalsNoCase(uri.scheme, "sips");
    if (uri.ok && known && !uri.host.empty())
        return {};
    return base::fail(
        base::ErrorCode::BadInput,
        fmt::format("\"{}\" cannot be {}: it is no SIP URI. Write it like sip:bob@example.com.",
                    base::printable(text, false, 120), what));
}

} // namespace

Desk::Impl::Impl(Options options, Observer observer)
    : story(parts,
            StoryHands{[this](engine::Account account, bool answer) {
                           return accounts.add(std::move(account), answer, {});
                       },
                       [this](engine::AccountHandle account) { accounts.remove(account); },
                       [this](engine::AccountHandle account) { return accounts.gone(account); },
                       [this](const CallOptions &call) {
                           const auto ours = calls.nextHandle();
                           calls.place(ours, call);
                           return ours;
                       },
                       [this](engine::CallHandle call) { calls.hangUp(call); }}),
      withEngine(options.withEngine)
{
    parts.options = std::move(options);
    parts.observer = std::move(observer);
}

Desk::Impl::~Impl()
{
    parts.worker.stop();  // nothing below is called from now on but by us
    parts.engine.reset(); // hangs up and un-registers while the peers still stand
    parts.lab.reset();
    parts.media.reset();
    {
        // The session may be publishing at this moment, and reset() clears the pointer first.
        std::lock_guard guard(updates);
        closing = true;
    }
    parts.session.reset();
    parts.options.session.recorder.reset();
    recording.reset(); // after the session: it takes the farewells
}

void Desk::Impl::openBelow()
{
    auto mediaOptions = parts.options.media;
    mediaOptions.onKey = [this](const base::Endpoint &sender, const rtp::SdesKey &key) {
        parts.session->learnKey(sender, key);
    };
    auto media = media::Media::open(
        mediaOptions, parts.session->inbox(), [this](const media::Status &status) {
            parts.worker.post([this, status] { calls.onMedia(status); });
            if (parts.observer.media)
                parts.observer.media(status);
        });
    if (media)
        parts.media = std::move(*media);
    else
        parts.notice(media.error().sentence);
    auto engineOptions = parts.options.engine;
    if (engineOptions.firstPing.count() == 0)
        engineOptions.firstPing =
            std::chrono::seconds(1); // a flow counts as UP from its first pong on
    auto opened = engine::Engine::open(engineOptions, parts.session->inbox(), *this);
    if (opened)
        parts.engine = std::move(*opened);
    else
        parts.notice(opened.error().sentence);
}

void Desk::Impl::onCall(const engine::CallEvent &event)
{
    parts.worker.post([this, event] {
        doubt(event);
        calls.onEvent(event);
    });
}

void Desk::Impl::onFlow(const engine::FlowEvent &event)
{
    parts.worker.post([this, event] { accounts.apply(event); });
}

void Desk::Impl::onProbe(const engine::ProbeEvent &event)
{
    parts.worker.post([this, event] {
        if (parts.observer.probe)
            parts.observer.probe(oursOf(event));
    });
}

void Desk::Impl::onUpdate(const std::shared_ptr<const session::Update> &update)
{
    {
        std::lock_guard guard(updates);
        if (closing)
            return;
        nameOurs(*update);
        doubtOurs(*update);
    }
    if (parts.observer.update)
        parts.observer.update(update);
}

void Desk::Impl::nameOurs(const session::Update &update)
{
    // Our own sockets get the name of whoever speaks through them: the From user of a call we
    // place.
    for (const auto &view : update.calls) {
        if (!view->call.folded())
            continue; // one of many of a file, and none of ours
        const auto &call = *view->call;
        if (!call.invite.valid())
            continue;
        const auto &row = parts.session->trace().row(call.invite);
        if (row.origin == base::Origin::Tap && row.outgoing)
            parts.name(parts.session->trace().source(call.invite),
                       call.from.substr(0, call.from.find('@')));
    }
}

Desk::Desk() = default;
Desk::~Desk() = default;

base::Result<std::unique_ptr<Desk>> Desk::open(Options options, Observer observer)
{
    std::unique_ptr<Desk> desk(new Desk);
    desk->m_impl = std::make_unique<Impl>(std::move(options), std::move(observer));
    auto *impl = desk->m_impl.get();
    auto begun = Recording::begin(impl->parts.options.recording,
                                  [impl](const std::string &why) { impl->parts.notice(why); });
    if (!begun)
        return tl::unexpected<base::Error>(begun.error());
    impl->recording = std::move(*begun);
    impl->parts.options.session.recorder = impl->recording->recorder();
    if (const auto &recorder = impl->recording->recorder();
        recorder && impl->parts.options.session.textFolder.empty()) {
        const auto folder = std::filesystem::path(recorder->state().first).parent_path();
        impl->parts.options.session.textFolder = folder.empty() ? "." : folder.string();
    }
    auto opened = session::Session::open(impl->parts.options.session,
                                         [impl](auto update) { impl->onUpdate(update); });
    if (!opened)
        return tl::unexpected<base::Error>(opened.error());
    impl->parts.session = std::move(*opened);
    if (impl->withEngine)
        impl->parts.worker.post([impl] { impl->openBelow(); });
    return desk;
}

base::Result<engine::CallHandle> Desk::place(CallOptions options)
{
    const auto scheme = options.target.find(':');
    if (scheme == std::string::npos && options.target.find('@') != std::string::npos)
        options.target = "sip:" + options.target; // bob@example.com is what people type
    if (const auto ok = checkUri(options.target, "called"); !ok)
        return tl::unexpected<base::Error>(ok.error());
    if (!options.proxy.empty()) {
        if (const auto ok = checkUri(options.proxy, "the outbound proxy"); !ok)
            return tl::unexpected<base::Error>(ok.error());
    }
    if (const auto ok = checkCodecs(options.codecs); !ok)
        return tl::unexpected<base::Error>(ok.error());
    if (const auto ok = engine::Engine::check(requestOf(options)); !ok)
        return tl::unexpected<base::Error>(ok.error());
    const auto ours = m_impl->calls.nextHandle();
    m_impl->parts.worker.post(
        [impl = m_impl.get(), ours, options] { impl->calls.place(ours, options); });
    return ours;
}

base::Result<engine::CallHandle> Desk::callAgain(const std::string &callId)
{
    std::optional<CallOptions> options;
    {
        std::lock_guard guard(m_impl->parts.mutex);
        for (const auto &[handle, info] : m_impl->parts.calls) {
            if (info.callId == callId && !info.incoming)
                options = info.options;
        }
    }
    if (!options) {
        return base::fail(base::ErrorCode::NotFound,
                          "Only a call that Earshot placed itself can be called again; this one "
                          "was captured or came in.");
    }
    return place(*options);
}

void Desk::hangUp(engine::CallHandle call)
{
    m_impl->parts.worker.post([impl = m_impl.get(), call] { impl->calls.hangUp(call); });
}

void Desk::answer(engine::CallHandle call)
{
    m_impl->parts.worker.post([impl = m_impl.get(), call] { impl->calls.answer(call); });
}

void Desk::decline(engine::CallHandle call, int status)
{
    m_impl->parts.worker.post(
        [impl = m_impl.get(), call, status] { impl->calls.decline(call, status); });
}

void Desk::choose(engine::CallHandle call, const std::string &toTag)
{
    m_impl->parts.worker.post(
        [impl = m_impl.get(), call, toTag] { impl->calls.choose(call, toTag); });
}

void Desk::mute(engine::CallHandle call, bool muted)
{
    m_impl->parts.worker.post(
        [impl = m_impl.get(), call, muted] { impl->calls.mute(call, muted); });
}

void Desk::record(engine::CallHandle call, const std::string &folder)
{
    m_impl->parts.worker.post(
        [impl = m_impl.get(), call, folder] { impl->calls.record(call, folder); });
}

base::Result<void> Desk::addAccount(engine::Account account, bool answer,
                                    std::vector<std::string> answerOnly)
{
    if (auto ok = checkUri(account.aor, "an address of record"); !ok)
        return ok;
    if (account.proxies.empty())
        return base::fail(base::ErrorCode::BadInput,
                          "An account needs at least one outbound proxy or registrar URI.");
    for (const auto &proxy : account.proxies) {
        if (auto ok = checkUri(proxy, "an outbound proxy"); !ok)
            return ok;
    }
    m_impl->parts.worker.post([impl = m_impl.get(), account = std::move(account), answer,
                               only = std::move(answerOnly)]() mutable {
        if (const auto added = impl->accounts.add(std::move(account), answer, std::move(only));
            !added)
            impl->parts.notice(added.error().sentence);
    });
    return {};
}

void Desk::withEngine(std::function<void(engine::Engine &)> work)
{
    m_impl->parts.worker.post([impl = m_impl.get(), work = std::move(work)] {
        if (impl->parts.engine)
            work(*impl->parts.engine);
    });
}

void Desk::removeAccount(engine::AccountHandle account)
{
    m_impl->parts.worker.post([impl = m_impl.get(), account] { impl->accounts.remove(account); });
}

base::Result<void> Desk::startStory(const std::string &name, const std::string &recordFolder)
{
    if (const auto known = lab::scenario(name); !known)
        return tl::unexpected<base::Error>(known.error());
    m_impl->parts.worker.post(
        [impl = m_impl.get(), name, recordFolder] { impl->story.start(name, recordFolder); });
    return {};
}

void Desk::stopStory()
{
    m_impl->parts.worker.post([impl = m_impl.get()] { impl->story.stop(); });
}

StoryState Desk::story() const
{
    std::lock_guard guard(m_impl->parts.mutex);
    return m_impl->parts.story;
}

base::Result<void> Desk::open(const std::string &path, const session::ClockChoice &clock,
                              const std::string &next)
{
    return m_impl->parts.session->import(path, clock, next);
}

std::optional<record::Unclosed> Desk::unclosed() const
{
    return m_impl->recording->unclosed();
}

void Desk::reopenUnclosed()
{
    m_impl->parts.worker.post(
        [impl = m_impl.get(), files = m_impl->recording->takeUnclosed(true)]() mutable {
            impl->parts.readAll(std::move(files));
        });
}

void Desk::discardUnclosed()
{
    m_impl->recording->takeUnclosed(false);
}

void Desk::saveSession(const std::string &path)
{
    m_impl->parts.worker.post([impl = m_impl.get(), path] {
        const auto saved = impl->recording->save(*impl->parts.session, path);
        impl->parts.notice(saved ? fmt::format("The session is in {}.", base::printable(path))
                                 : saved.error().sentence);
    });
}

std::optional<record::Recorder::State> Desk::recording() const
{
    const auto &recorder = m_impl->recording->recorder();
    return recorder ? std::optional(recorder->state()) : std::nullopt;
}

base::Result<void> Desk::openText(const std::string &name, std::string_view text)
{
    return m_impl->parts.session->importBytes(name, text);
}

base::Result<void> Desk::follow(const std::string &path)
{
    return m_impl->parts.session->follow(path);
}

std::vector<CallInfo> Desk::calls() const
{
    std::lock_guard guard(m_impl->parts.mutex);
    std::vector<CallInfo> out;
    for (const auto &[handle, info] : m_impl->parts.calls)
        out.push_back(info);
    return out;
}

std::vector<AccountInfo> Desk::accounts() const
{
    std::lock_guard guard(m_impl->parts.mutex);
    std::vector<AccountInfo> out;
    for (const auto &[handle, info] : m_impl->parts.accounts) {
        if (!info.leaving)
            out.push_back(info);
    }
    return out;
}

std::map<std::string, std::string> Desk::names() const
{
    auto out = m_impl->parts.session->names();
    std::lock_guard guard(m_impl->parts.mutex);
    for (const auto &[endpoint, name] : m_impl->parts.names) // what we know ourselves comes first
        out.insert_or_assign(endpoint, name);
    return out;
}

session::Session &Desk::session()
{
    return *m_impl->parts.session;
}

} // namespace desk
