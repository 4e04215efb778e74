// SPDX-License-Identifier: Apache-2.0
// The only object of the window that meets other threads: the desk's observers post into its inbox,
// it empties that at most once a frame on the UI thread and fills the store. Commands of the panels
// go down through it. Owns the desk.
#pragma once

#include <base/inbox.h>
#include <desk/desk.h>
#include <QElapsedTimer>
#include <QObject>
#include <QTimer>
#include <ui/store.h>
#include <variant>

namespace ui {

class DeskBridge : public QObject
{
    Q_OBJECT
public:
    static base::Result<std::unique_ptr<DeskBridge>> open(desk::Options options);
    ~DeskBridge() override;

    Store &store() { return *m_store; }
    /// Where packets enter the stream; `bench live` feeds it as the engine does.
    base::Inbox<base::Packet> &packets() { return m_desk->session().inbox(); }

    // Commands: what fails becomes a notice; true or a valid handle says that it was taken on.
    engine::CallHandle place(const desk::CallOptions &options);
    engine::CallHandle callAgain(const std::string &callId);
    void hangUp(engine::CallHandle call);
    void answer(engine::CallHandle call);
    void decline(engine::CallHandle call);
    void declineWith(engine::CallHandle call, int status); // 300 to 699
    void redirect(engine::CallHandle call, const std::string &contact);
    void earlyMedia(engine::CallHandle call);
    void hold(engine::CallHandle call, bool on, bool byUpdate = false);
    void sendDigits(engine::CallHandle call, const std::string &digits); // by INFO
    void sendKeys(engine::CallHandle call, const std::string &keys);     // by RFC 4733
    void send(engine::CallHandle call, const media::Sending &sending);
    /// `with` valid: attended (RFC 5589), to the other side of that call; `target` says nothing
    /// then.
    void transfer(engine::CallHandle call, const std::string &target, engine::CallHandle with = {});
    /// The same without a notice, for who says it in a place of its own.
    base::Result<engine::CallHandle> tryPlace(const desk::CallOptions &options);
    base::Result<engine::ProbeHandle> probe(const engine::ProbeRequest &request);
    base::Result<void> setTls(const engine::TlsOptions &tls);
    /// As the program was started with.
    const engine::TlsOptions &givenTls() const { return m_givenTls; }
    void choose(engine::CallHandle call, const std::string &toTag);
    void mute(engine::CallHandle call, bool muted);
    void record(engine::CallHandle call, const QString &folder); // empty: stop
    /// `told` on the UI thread, unless the window is gone by then.
    void audioDevices(std::function<void(std::vector<media::AudioDevice>)> told);
    void playOn(const QString &device); // empty: the system's default
    bool addAccount(const engine::Account &account, bool answer,
                    const std::vector<std::string> &answerOnly);
    void removeAccount(engine::AccountHandle account);
    void reRegister(engine::AccountHandle account, std::uint32_t regId);
    void ping(engine::AccountHandle account, std::uint32_t regId);
    void drill(engine::AccountHandle account, std::uint32_t regId, engine::Drill what);
    void leaveAlone(engine::AccountHandle account, std::uint32_t regId, base::Duration silence);
    bool startStory(const std::string &name);
    void stopStory();
    /// `next`: the file that is opened behind it, empty: not known.
    bool openFile(const QString &path, const session::ClockChoice &clock = {},
                  const QString &next = {});
    bool openText(const QString &name, const QString &text);
    bool followFile(const QString &path);
    void cancelImport();
    std::optional<record::Unclosed> unclosedSession() const { return m_desk->unclosed(); }
    void reopenSession() { m_desk->reopenUnclosed(); }
    void saveSession(const QString &path);
    void discardSession() { m_desk->discardUnclosed(); }

Q_SIGNALS:
    void notice(const QString &sentence, bool isError);
    void posted(); // on the thread that posts

private:
    using Event = std::variant<std::shared_ptr<const session::Update>, desk::CallInfo,
                               desk::AccountInfo, media::Status, desk::StoryState, std::string,
                               engine::ProbeEvent, engine::TlsReport>;

    DeskBridge();
    desk::Observer observer();
    void schedule();
    void refresh();
    void take(Event &event, std::vector<std::shared_ptr<const session::Update>> &updates);
    bool say(const base::Result<void> &result);

    base::Inbox<Event> m_inbox{1U << 16U};
    engine::TlsOptions m_givenTls;
    std::uint64_t m_lost = 0;
    QElapsedTimer m_sinceRefresh;
    QTimer m_timer;
    std::unique_ptr<desk::Desk> m_desk;
    std::unique_ptr<Store> m_store;
};

} // namespace ui
