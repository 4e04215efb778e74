// SPDX-License-Identifier: Apache-2.0
#include <ui/bridge/desk_bridge.h>

#include <ui/replay.h>
#include <ui/text.h>

namespace ui {
namespace {

constexpr qint64 kFrame = 16; // ms between two refreshes of the widgets

} // namespace

DeskBridge::DeskBridge()
{
    m_timer.setSingleShot(true);
    connect(&m_timer, &QTimer::timeout, this, &DeskBridge::refresh);
    m_sinceRefresh.start();
    // The inbox wakes on whatever thread posts; the timer belongs to the one of the window.
    connect(this, &DeskBridge::posted, this, &DeskBridge::schedule, Qt::QueuedConnection);
    m_inbox.onWake([this] { Q_EMIT posted(); });
}

DeskBridge::~DeskBridge()
{
    m_inbox.close();
    if (m_store)
        Replay::of(*m_store).end(); // it reads the packets of files that the desk's session maps
    m_desk.reset(); // its threads end here; the store borrows its trace and goes after the widgets
}

base::Result<std::unique_ptr<DeskBridge>> DeskBridge::open(desk::Options options)
{
    std::unique_ptr<DeskBridge> bridge(new DeskBridge());
    bridge->m_givenTls = options.engine.tls;
    const media::Options media = options.media;
    auto desk = desk::Desk::open(std::move(options), bridge->observer());
    if (!desk)
        return tl::unexpected(desk.error());
    bridge->m_desk = std::move(*desk);
    bridge->m_store = std::make_unique<Store>(bridge->m_desk->session().trace());
    Replay::of(*bridge->m_store).setDevice(media.device, media.output);
    return bridge;
}

desk::Observer DeskBridge::observer()
{
    // On threads of the desk: nothing but a push.
    desk::Observer out;
    out.update = [this](std::shared_ptr<const session::Update> update) {
        m_inbox.push(std::move(update));
    };
    out.call = [this](const desk::CallInfo &call) { m_inbox.push(call); };
    out.account = [this](const desk::AccountInfo &account) { m_inbox.push(account); };
    out.media = [this](const media::Status &status) { m_inbox.push(status); };
    out.story = [this](const desk::StoryState &story) { m_inbox.push(story); };
    out.probe = [this](const engine::ProbeEvent &event) { m_inbox.push(event); };
    out.tls = [this](const engine::TlsReport &report) { m_inbox.push(report); };
    out.notice = [this](const std::string &sentence) { m_inbox.push(sentence); };
    return out;
}

void DeskBridge::schedule()
{
    if (m_timer.isActive())
        return;
    m_timer.start(static_cast<int>(std::max<qint64>(0, kFrame - m_sinceRefresh.elapsed())));
}

void DeskBridge::refresh()
{
    m_sinceRefresh.restart();
    std::vector<std::shared_ptr<const session::Update>> updates;
    for (Event &event : m_inbox.take(std::chrono::milliseconds(0), 1U << 16U))
        take(event, updates);
    if (m_inbox.size() > 0)
        schedule(); // the wake comes for the first item of an empty inbox only
    m_store->setNames(m_desk->names());
    m_store->applyUpdates(updates);
    if (const auto lost = m_inbox.dropped(); lost != m_lost) {
        // The window was too slow for what came: what it shows is read anew, nothing stays missing.
        m_lost = lost;
        m_store->replaceCalls(m_desk->session().calls(), m_desk->session().flows());
    }
}

void DeskBridge::take(Event &event, std::vector<std::shared_ptr<const session::Update>> &updates)
{
    if (auto *update = std::get_if<std::shared_ptr<const session::Update>>(&event)) {
        if (*update)
            updates.push_back(std::move(*update));
    } else if (const auto *call = std::get_if<desk::CallInfo>(&event)) {
        m_store->applyCall(*call);
    } else if (const auto *account = std::get_if<desk::AccountInfo>(&event)) {
        m_store->applyAccount(*account);
    } else if (const auto *status = std::get_if<media::Status>(&event)) {
        m_store->applyMedia(*status);
    } else if (const auto *story = std::get_if<desk::StoryState>(&event)) {
        m_store->applyStory(*story);
    } else if (const auto *probe = std::get_if<engine::ProbeEvent>(&event)) {
        m_store->applyProbe(*probe);
    } else if (const auto *tls = std::get_if<engine::TlsReport>(&event)) {
        m_store->applyTls(*tls);
    } else if (const auto *sentence = std::get_if<std::string>(&event)) {
        Q_EMIT notice(shown(*sentence), false);
    }
}

bool DeskBridge::say(const base::Result<void> &result)
{
    if (!result)
        Q_EMIT notice(shown(result.error().sentence), true);
    return result.has_value();
}

engine::CallHandle DeskBridge::place(const desk::CallOptions &options)
{
    auto placed = m_desk->place(options);
    if (placed)
        return *placed;
    Q_EMIT notice(shown(placed.error().sentence), true);
    return {};
}

base::Result<engine::CallHandle> DeskBridge::tryPlace(const desk::CallOptions &options)
{
    return m_desk->place(options);
}

base::Result<engine::ProbeHandle> DeskBridge::probe(const engine::ProbeRequest &request)
{
    return m_desk->probe(request);
}

base::Result<void> DeskBridge::setTls(const engine::TlsOptions &tls)
{
    return m_desk->setTls(tls);
}

engine::CallHandle DeskBridge::callAgain(const std::string &callId)
{
    auto placed = m_desk->callAgain(callId);
    if (placed)
        return *placed;
    Q_EMIT notice(shown(placed.error().sentence), true);
    return {};
}

void DeskBridge::hangUp(engine::CallHandle call)
{
    m_desk->hangUp(call);
}
void DeskBridge::answer(engine::CallHandle call)
{
    m_desk->answer(call);
}
void DeskBridge::decline(engine::CallHandle call)
{
    m_desk->decline(call);
}

void DeskBridge::declineWith(engine::CallHandle call, int status)
{
    m_desk->decline(call, status);
}

void DeskBridge::redirect(engine::CallHandle call, const std::string &contact)
{
    m_desk->redirect(call, contact);
}

void DeskBridge::earlyMedia(engine::CallHandle call)
{
    m_desk->earlyMedia(call, true);
}

void DeskBridge::hold(engine::CallHandle call, bool on, bool byUpdate)
{
    m_desk->hold(call, on, byUpdate);
}

void DeskBridge::sendKeys(engine::CallHandle call, const std::string &keys)
{
    m_desk->dtmf(call, keys);
}

void DeskBridge::sendDigits(engine::CallHandle call, const std::string &digits)
{
    m_desk->dtmfByInfo(call, digits);
}

void DeskBridge::send(engine::CallHandle call, const media::Sending &sending)
{
    m_desk->send(call, sending);
}

void DeskBridge::transfer(engine::CallHandle call, const std::string &target,
                          engine::CallHandle with)
{
    m_desk->transfer(call, target, with);
}

void DeskBridge::choose(engine::CallHandle call, const std::string &toTag)
{
    m_desk->choose(call, toTag);
}

void DeskBridge::mute(engine::CallHandle call, bool muted)
{
    m_desk->mute(call, muted);
}

void DeskBridge::audioDevices(std::function<void(std::vector<media::AudioDevice>)> told)
{
    m_desk->audioDevices([this, told = std::move(told)](std::vector<media::AudioDevice> devices) {
        // The desk, and with it that thread, ends before the bridge does.
        QMetaObject::invokeMethod(
            this, [told, devices = std::move(devices)] { told(devices); }, Qt::QueuedConnection);
    });
}

void DeskBridge::playOn(const QString &device)
{
    m_desk->playOn(toStd(device));
    Replay::of(*m_store).setDevice(toStd(device));
}

void DeskBridge::record(engine::CallHandle call, const QString &folder)
{
    m_desk->record(call, toStd(folder));
}

bool DeskBridge::addAccount(const engine::Account &account, bool answer,
                            const std::vector<std::string> &answerOnly)
{
    return say(m_desk->addAccount(account, answer, answerOnly));
}

void DeskBridge::removeAccount(engine::AccountHandle account)
{
    m_desk->removeAccount(account);
    m_store->forgetAccount(account);
}

void DeskBridge::reRegister(engine::AccountHandle account, std::uint32_t regId)
{
    m_desk->reRegister(account, regId);
}

void DeskBridge::ping(engine::AccountHandle account, std::uint32_t regId)
{
    m_desk->ping(account, regId);
}

void DeskBridge::leaveAlone(engine::AccountHandle account, std::uint32_t regId,
                            base::Duration silence)
{
    m_desk->leaveAlone(account, regId, silence);
}

void DeskBridge::drill(engine::AccountHandle account, std::uint32_t regId, engine::Drill what)
{
    m_desk->drill(account, regId, what);
}

bool DeskBridge::startStory(const std::string &name)
{
    return say(m_desk->startStory(name));
}
void DeskBridge::stopStory()
{
    m_desk->stopStory();
}
bool DeskBridge::openFile(const QString &path, const session::ClockChoice &clock,
                          const QString &next)
{
    return say(m_desk->open(toStd(path), clock, toStd(next)));
}

bool DeskBridge::openText(const QString &name, const QString &text)
{
    return say(m_desk->openText(toStd(name), toStd(text)));
}

void DeskBridge::saveSession(const QString &path)
{
    m_desk->saveSession(toStd(path));
}

bool DeskBridge::followFile(const QString &path)
{
    return say(m_desk->follow(toStd(path)));
}
void DeskBridge::cancelImport()
{
    m_desk->session().cancelImport();
}

} // namespace ui
