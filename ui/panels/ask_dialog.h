// SPDX-License-Identifier: Apache-2.0
// One line from the user. What cannot be right is said in the dialog, which stays open, so that no
// notice is left of a slip. UI thread.
#pragma once

#include <functional>
#include <QStringList>
#include <ui/panels/checked_dialog.h>

class QComboBox;

namespace ui {

struct Question {
    QString title, text;
    QString now{};         // what stands there first
    QStringList offered{}; // answers to choose from; others can be typed as well
    /// A sentence about an answer that cannot be right, empty: it can.
    std::function<QString(const QString &)> wrong{};
    QString missing{}; // said of an empty answer
};

class AskDialog : public CheckedDialog
{
public:
    explicit AskDialog(Question question, QWidget *parent = nullptr);
    QString answer() const; // trimmed

private:
    QString problem() const override;

    Question m_question;
    QComboBox *m_field;
};

} // namespace ui
