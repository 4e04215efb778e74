// SPDX-License-Identifier: Apache-2.0
// Explains the row in focus in blocks: code card, what the caller hears (of an 18x), what happened
// here, impact, how to fix, learn. What can be done from here are buttons that work. UI thread;
// borrows store and focus.
#pragma once

#include <diagnosis/explain.h>
#include <QWidget>
#include <ui/focus.h>
#include <ui/theme/theme.h>

class QLabel;
class QPushButton;

namespace ui {

class CodeChip;
class EvidenceText;
class OfferButtons;

class ExplainPanel : public QWidget
{
    Q_OBJECT
public:
    ExplainPanel(Store &store, Focus &focus, Theme &theme, QWidget *parent = nullptr);

    const diagnosis::Explanation &explanation() const { return m_explanation; }
    /// As if the [number] in the text was clicked; false: there is none.
    bool follow(int number);
    /// The code's article, apart from any call.
    void showCode(int code);

Q_SIGNALS:
    void fixWanted(diagnosis::Action action, const ui::CallPtr &call);
    void offerWanted(const diagnosis::Offer &offer, const ui::CallPtr &call);
    void compareWanted(int code);
    void certificateWanted(); // of the call's TLS connection

protected:
    void keyPressEvent(QKeyEvent *event) override;

private:
    void refresh();
    void write();
    bool refusesOurs() const;
    void writeText();
    void writeVerdict();
    void writeOffers();
    void copy();
    QWidget *makeCard();
    QWidget *makeButtons();

    Store &m_store;
    Focus &m_focus;
    Theme &m_theme;
    CodeChip *m_chip = nullptr;
    QLabel *m_title = nullptr, *m_summary = nullptr;
    EvidenceText *m_text = nullptr;
    OfferButtons *m_offers = nullptr;
    QPushButton *m_fix = nullptr, *m_compare = nullptr, *m_certificate = nullptr, *m_copy = nullptr;
    diagnosis::Explanation m_explanation;
    diagnosis::Action m_action = diagnosis::Action::None;
    CallPtr m_call;
};

} // namespace ui
