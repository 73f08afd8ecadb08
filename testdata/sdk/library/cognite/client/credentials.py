class Token:
    def __init__(self, token):
        self.token = token

    def authorization_header(self):
        return "Authorization", "Bearer " + (self.token() if callable(self.token) else self.token)
