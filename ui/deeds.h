// SPDX-License-Identifier: Apache-2.0
// What the window does when asked: open, export, call, fix, compare. Wires the panels to the
// bridge. UI thread; borrows the window's parts, which outlive it.
#pragma once

#include <desk/probing.h>
#include <diagnosis/finding.h>
#include <engine/engine.h>
#include <functional>
#include <map>
#include <QObject>
#include <ui/parts.h>
#include <ui/presentation.h>
#include <ui/store.h>

namespace ui {

struct Question;
struct SavedAccount;

class Deeds : public QObject
{
    Q_OBJECT
public:
    explicit Deeds(Parts parts, QObject *parent = nullptr);

    const Parts &parts() const { return m_parts; }

    // files (deeds_files.cpp)
    void openDialog();
    void openFile(const QString &path); // after those that are being read
    /// What to do about the clock of a file that is opened beside others; by its path.
    void setClocks(std::function<session::ClockChoice(const std::string &)> clocks);
    void readAgain(const QStringList &arguments); // in a window of their own
    void stopReading();
    void pasteTrace(); // text on the clipboard as a capture
    void saveSession();
    void recordSessions(bool on);         // from the next start on
    void followDialog();                  // a capture that is still being written
    void exportAs(const QString &format); // id of a report format, or "png"
    void copyLadder();
    void copyMessage();

    // calls (deeds_calls.cpp)
    void playStory(const QString &name);
    void fix(diagnosis::Action action, const CallPtr &call);
    void take(const diagnosis::Offer &offer, const CallPtr &call); // deeds_flows.cpp
    void drill(engine::AccountHandle account, std::uint32_t regId, engine::Drill what);
    void searchIdle(engine::AccountHandle account, std::uint32_t regId);
    void callSelf(engine::AccountHandle account, std::uint32_t regId);
    /// `again`: the address of one used before; `refused`: its password was.
    void addAccount(const std::string &again = {}, bool refused = true);
    void pingFlow(engine::AccountHandle account, std::uint32_t regId); // deeds_flows.cpp
    void registerFlow(engine::AccountHandle account, std::uint32_t regId);
    void unregister(engine::AccountHandle account); // deeds_flows.cpp
    void unregisterOne();                           // asks which, if there are several
    void registerAccount(const SavedAccount &account);
    void keepAccount(SavedAccount account);
    void record(engine::CallHandle call, bool on);

    // during a call (deeds_talk.cpp)
    void holdOrResume(bool byUpdate = false);
    void sendDigits(bool byEvents = false); // else by INFO
    void chooseSound();                     // what our side sends
    void transfer();
    void answerEarly(); // 183 with our description to who calls
    void declineWith(); // any final code
    void redirect();
    void callLikeThis(); // the INVITE of the call in focus fills the dial bar

    // probes, repeated calls, certificates (deeds_probes.cpp)
    void probe(desk::ProbeKind kind); // at the test-call bar's target
    void repeatCall();
    void showCertificate(); // of the call in focus
    void showCertificateOf(const base::FlowReport &flow);
    void networkSettings(QWidget *over = nullptr); // the window, without one

    // the window (deeds.cpp)
    void say(const QString &sentence, bool isError);
    /// The same in the place of the notice before of that topic.
    void tell(const char *topic, const QString &sentence, bool isError = false);
    void typed(const QString &key); // a letter in list or ladder
    void showLadder();
    void showWelcome();
    void compare(int code);
    void explainCode(int code);
    void filterCalls(const QString &words);
    void manual();
    void about();
    void enlargeBoard(bool on); // the flow board takes the window; off: as it was before
    void mark();                // the row in focus; the second one opens the comparison
    void help();
    void openPalette();
    void nextLeg(); // of the same call behind a back-to-back user agent, or of its transfer
    void present(bool on);
    void nextPanel(int direction);

Q_SIGNALS:
    void ladderShown(); // the welcome page gave way
    void recentChanged();

private:
    void openCertificate(std::shared_ptr<const engine::TlsReport> report);
    void wirePanels();
    void wireCalls();
    void watchImport();
    void endImport(const session::Update &last);
    void watchAccounts();
    void dismissRefusals();
    /// One line from the user; `then` gets it if it can be right.
    /// Closed, and said to be, once the call is over; `rings`: once it does not ring any more.
    void ask(Question question, engine::CallHandle call, bool rings,
             std::function<void(const QString &)> then);
    engine::CallHandle talking(); // a call of ours under way, or says that there is none
    engine::CallHandle ringing(); // a call that waits for an answer, or says that there is none
    void explainFlow(const base::FlowReport &report);
    void reRegister(const CallPtr &call);
    void callAgain(diagnosis::Action action, const CallPtr &call);
    void tend(const diagnosis::Offer &offer);
    void mend(const diagnosis::Offer &offer, const CallPtr &call);
    void replaceDialog(const CallPtr &call, const FlowPtr &flow);
    void tellPinged();
    void tellRegistered();

    Parts m_parts;
    Presentation m_presentation{m_parts};
    QByteArray m_beforeBoard; // layout of the docks; empty: the board is not enlarged
    QString m_reading;        // the file or text that is being read; empty: none
    std::function<session::ClockChoice(const std::string &)> m_clocks;
    QStringList m_waiting; // files asked for while another is being read
    std::size_t m_flawsTold = 0;
    int m_marked = 0;                            // status of the marked row
    std::map<std::uint32_t, QString> m_refusals; // by account and flow: as told
    struct Asked { // of a flow on the user's word; how it ended is told once
        engine::AccountHandle account;
        std::uint32_t regId = 0;
        base::Instant since, until; // until: how far its registration reached then
    } m_pinged, m_registered;
};

} // namespace ui
