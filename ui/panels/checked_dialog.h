// SPDX-License-Identifier: Apache-2.0
// A dialog that is not accepted while something in it cannot be right, and says what. UI thread.
#pragma once

#include <QDialog>

class QLabel;

namespace ui {

class CheckedDialog : public QDialog
{
public:
    void done(int result) override;

protected:
    /// `name`: objectName of the label that says what is wrong; the dialog's layout takes it in.
    CheckedDialog(const char *name, QWidget *parent);
    /// A sentence about the first thing that cannot be right, empty: none.
    virtual QString problem() const = 0;

    QLabel *m_problem;
};

} // namespace ui
