"""The self-check page: students answer, learn what is wrong and what to think of next; staff see what they answered.

    app.py        the routes            guard.py    who may ask what, how often, and what every response says
    views.py      what pages show       pool.py     the desk behind a pool of processes that can be ended
    staff.py      the staff's page      static/     a script of a few lines, without which everything works too

Templates stand with all others in `reports/templates/web`.
"""
