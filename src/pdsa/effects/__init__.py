"""What goes along with a change: interrupted series, and starts that were spread over time.

The words here are "association" and "goes along with": no model of one network's series can say what would have
happened without the change.
"""
