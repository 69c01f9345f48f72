def play(matrix): pass
