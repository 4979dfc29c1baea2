print("sollol")
