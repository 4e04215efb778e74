// SPDX-License-Identifier: Apache-2.0
// The bars that come and go: notices, an incoming call, the running story's caption. UI thread.
#pragma once

#include <desk/desk.h>
#include <functional>
#include <QWidget>
#include <ui/store.h>

class QComboBox;
class QLabel;
class QPushButton;
class QVBoxLayout;

namespace ui {

class Focus;

/// Sentences for the user, newest below; errors stay until they are dismissed or something new is
/// tried, the others leave by themselves. At most three at a time.
class NoticeBar : public QWidget
{
public:
    struct Act { // a button beside the sentence; pressed, the notice goes
        QString text;
        std::function<void()> run;
    };
    explicit NoticeBar(QWidget *parent = nullptr);
    /// Takes the place of the one before of the same `topic`, if that has a name.
    void add(const QString &sentence, bool isError, const QString &topic = {}, const Act &act = {});
    void dismiss(const QString &sentence); // it is no longer so
    void dismissNewest();
    void dismissErrors(); // something new is tried: what failed before is history
    QStringList sentences() const;

private:
    void drop(QWidget *notice);
    QVBoxLayout *m_rows;
    QList<QWidget *> m_notices;
};

class IncomingBar : public QWidget
{
    Q_OBJECT
public:
    explicit IncomingBar(Store &store, QWidget *parent = nullptr);
    void answer();
    void decline();
    engine::CallHandle ringing() const { return m_call; } // invalid: nobody calls

Q_SIGNALS:
    void answered(engine::CallHandle call);
    void declined(engine::CallHandle call);
    void earlyWanted();    // 183 with our description
    void declineWanted();  // with a code that is still to be asked for
    void redirectWanted(); // to an address that is

private:
    void apply(const desk::CallInfo &call);
    engine::CallHandle take(); // the call that rings, which is then decided
    QPushButton *act(const QString &text, const char *name, const QString &tip);
    QLabel *m_text; // shortens a long name instead of widening the window
    engine::CallHandle m_call;
    engine::CallHandle m_done; // answered or declined here: it may ring on until the far end hears
};

class StoryBar : public QWidget
{
    Q_OBJECT
public:
    StoryBar(Store &store, Focus &focus, QWidget *parent = nullptr);
    void setPace(int index);  // as the box lists them
    bool stepsByHand() const; // a story runs and waits for its reader after each step

Q_SIGNALS:
    void stopWanted();
    void againWanted(const QString &name);
    void paceChosen(int index);

private:
    void apply(const desk::StoryState &story);
    void leave(const CallPtr &call);
    Store &m_store;
    void makePace();
    QLabel *m_step, *m_title, *m_caption;
    QComboBox *m_pace;
    QPushButton *m_further, *m_stop, *m_close;
    QString m_name;
    bool m_running = false;
    std::uint32_t m_first = 0, m_next = 0; // the story's calls: from the first up to the next
};

} // namespace ui
